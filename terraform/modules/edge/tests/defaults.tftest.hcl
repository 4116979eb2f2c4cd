mock_provider "yandex" {
  mock_resource "yandex_cm_certificate" {
    defaults = {
      challenges = [{
        created_at = "", domain = "scoring.example.com", message = "", type = "DNS", updated_at = "", http_content = "", http_url = "",
        dns_name   = "_acme-challenge.scoring.example.com.", dns_type = "CNAME", dns_value = "fpq00000000000000000.cm.yandexcloud.net."
      }]
    }
  }
}

variables {
  folder_id  = "b1g00000000000000000"
  name       = "retraining-test"
  network_id = "enp00000000000000000"
  subnets = {
    ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.0/20" }
    ru-central1-b = { id = "e2l00000000000000000", cidr = "10.10.16.0/20" }
    ru-central1-d = { id = "fl800000000000000000", cidr = "10.10.32.0/20" }
  }
  balancer_subnets = {
    ru-central1-a = "10.10.48.0/26"
    ru-central1-b = "10.10.48.64/26"
    ru-central1-d = "10.10.48.128/26"
  }
  host     = "scoring.example.com"
  dns_zone = { domain = "example.com" }
  gateway  = { zone = "ru-central1-a", address = "10.10.0.100" }
}

run "a_name_leads_to_a_balancer_with_a_certificate_that_was_issued" {
  # Applied to a mock, so that ids are there to compare.
  command = apply

  variables {
    labels       = { environment = "test" }
    log_group_id = "e2300000000000000000"
  }

  assert {
    condition = (
      yandex_dns_recordset.host.name == "scoring.example.com." && yandex_dns_recordset.host.type == "A" &&
      yandex_dns_recordset.host.data == toset([yandex_vpc_address.public.external_ipv4_address[0].address]) &&
      yandex_dns_recordset.host.zone_id == yandex_dns_zone.this[0].id &&
      yandex_dns_zone.this[0].zone == "example.com." && yandex_dns_zone.this[0].public
    )
    error_message = "The name leads to the public address, in the zone that was made."
  }

  assert {
    condition     = yandex_dns_recordset.challenge.name == "_acme-challenge.scoring.example.com." && yandex_dns_recordset.challenge.type == "CNAME" && yandex_dns_recordset.challenge.data == toset(["fpq00000000000000000.cm.yandexcloud.net."])
    error_message = "The challenge of the certificate is answered by a record."
  }

  assert {
    condition     = data.yandex_cm_certificate.issued.wait_validation && data.yandex_cm_certificate.issued.certificate_id == yandex_cm_certificate.this.id
    error_message = "The balancer waits until the certificate is issued."
  }

  assert {
    condition = (
      one([for listener in yandex_alb_load_balancer.this.listener : listener if listener.name == "https"]).endpoint[0].ports == tolist([443]) &&
      one([for listener in yandex_alb_load_balancer.this.listener : listener if listener.name == "https"]).tls[0].default_handler[0].certificate_ids == toset([data.yandex_cm_certificate.issued.id]) &&
      one([for listener in yandex_alb_load_balancer.this.listener : listener if listener.name == "https"]).tls[0].default_handler[0].http_handler[0].http_router_id == yandex_alb_http_router.this.id &&
      # gRPC needs it.
      length(one([for listener in yandex_alb_load_balancer.this.listener : listener if listener.name == "https"]).tls[0].default_handler[0].http_handler[0].http2_options) == 1
    )
    error_message = "443 has the certificate, the routes, and HTTP/2."
  }

  assert {
    condition = alltrue([
      for listener in yandex_alb_load_balancer.this.listener : listener.endpoint[0].address[0].external_ipv4_address[0].address == yandex_vpc_address.public.external_ipv4_address[0].address
    ])
    error_message = "Both listeners have the public address."
  }

  assert {
    condition = (
      toset([for location in yandex_alb_load_balancer.this.allocation_policy[0].location : location.zone_id]) == toset(keys(var.balancer_subnets)) &&
      yandex_alb_load_balancer.this.auto_scale_policy[0].min_zone_size == 2 && yandex_alb_load_balancer.this.auto_scale_policy[0].max_size == 12 &&
      yandex_alb_load_balancer.this.allow_zonal_shift
    )
    error_message = "The balancer is in each zone of its subnets, and grows to twelve units and no further."
  }

  assert {
    condition = (
      { for rule in yandex_alb_load_balancer.this.log_options[0].discard_rule : rule.http_code_intervals[0] => rule.discard_percent } == { "2XX" = 99, "3XX" = 99, "4XX" = 99, "5XX" = 90 } &&
      yandex_alb_load_balancer.this.log_options[0].log_group_id == "e2300000000000000000" && !yandex_alb_load_balancer.this.log_options[0].disable
    )
    error_message = "Of a flood a sample is logged, whatever it is answered."
  }

  assert {
    condition     = output.gateway_address == "10.10.0.100" && output.gateway_subnet_id == "e9b00000000000000000" && one(yandex_alb_target_group.gateway.target).ip_address == "10.10.0.100" && one(yandex_alb_target_group.gateway.target).private_ipv4_address
    error_message = "What is behind the balancer is the address that was reserved."
  }

  assert {
    condition = (
      one(yandex_alb_backend_group.http.http_backend).port == 80 && one(yandex_alb_backend_group.grpc.grpc_backend).port == 80 &&
      one(yandex_alb_backend_group.http.http_backend).target_group_ids == tolist([yandex_alb_target_group.gateway.id]) &&
      one(yandex_alb_backend_group.grpc.grpc_backend).target_group_ids == tolist([yandex_alb_target_group.gateway.id]) &&
      length(one(yandex_alb_backend_group.http.http_backend).healthcheck) == 0 && length(one(yandex_alb_backend_group.grpc.grpc_backend).healthcheck) == 0
    )
    error_message = "Both go to the gateway, and no check of ours can take it away."
  }

  assert {
    condition     = output.client_cidrs == tolist(["10.10.48.0/26", "10.10.48.64/26", "10.10.48.128/26"]) && output.url == "https://scoring.example.com" && output.name_servers == tolist(["ns1.yandexcloud.net", "ns2.yandexcloud.net"])
    error_message = "What others have to know is told."
  }

  assert {
    condition = (
      var.gateway.port == yamldecode(file("${path.module}/../../../helm/serving/values.yaml")).gateway.port &&
      tonumber(trimsuffix(local.timeout, "s")) > tonumber(trimsuffix(yamldecode(file("${path.module}/../../../helm/serving/values.yaml")).gateway.envoy.requestTimeout, "s"))
    )
    error_message = "The chart's gateway listens on the port, and gives up before the balancer does."
  }

  assert {
    condition = alltrue([
      for serving in [for environment in ["staging", "production"] : yamldecode(file("${path.module}/../../../helm/values/${environment}/platform.yaml")).serving] :
      length(setsubtract(serving.gateway.trustedProxies, output.client_cidrs)) == 0 && serving.gateway.loadBalancer.address == output.gateway_address &&
      serving.config.TRUSTED_PROXIES == join(",", concat(["10.112.0.0/16"], serving.gateway.trustedProxies)) &&
      !can(serving.gateway.tls)
    ])
    error_message = "helm/values stand behind this edge: they trust its subnets, twice, and leave TLS to it."
  }

  assert {
    condition = alltrue([
      for made in concat(
        [yandex_vpc_address.public, yandex_vpc_address.gateway, yandex_vpc_security_group.balancer, yandex_cm_certificate.this],
        [yandex_alb_load_balancer.this, yandex_alb_http_router.this, yandex_alb_target_group.gateway, yandex_alb_backend_group.http, yandex_alb_backend_group.grpc],
        [yandex_sws_security_profile.this, yandex_sws_advanced_rate_limiter_profile.this],
        yandex_dns_zone.this, values(yandex_vpc_subnet.balancer),
      ) : startswith(made.name, "retraining-test") && made.labels == tomap({ environment = "test" }) && made.folder_id == "b1g00000000000000000"
    ])
    error_message = "All that is made begins with the name, has the labels and is in the folder."
  }

  assert {
    condition     = yandex_vpc_address.public.deletion_protection && yandex_vpc_address.gateway.deletion_protection && yandex_cm_certificate.this.deletion_protection && yandex_dns_zone.this[0].deletion_protection
    error_message = "Addresses, certificate and zone refuse to be deleted."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name    = "a234567890234567890234567890234567890234567x"
    captcha = {}
  }

  assert {
    condition = alltrue([for length in [
      for made in concat(
        [yandex_vpc_address.public, yandex_vpc_address.gateway, yandex_vpc_security_group.balancer, yandex_cm_certificate.this],
        [yandex_alb_load_balancer.this, yandex_alb_http_router.this, yandex_alb_target_group.gateway, yandex_alb_backend_group.http, yandex_alb_backend_group.grpc],
        values(yandex_vpc_subnet.balancer), yandex_smartcaptcha_captcha.this,
      ) : length(made.name)
    ] : length <= 63])
    error_message = "The cloud takes names of at most 63 characters."
  }

  assert {
    condition     = length(yandex_sws_security_profile.this.name) <= 50 && length(yandex_sws_advanced_rate_limiter_profile.this.name) <= 50
    error_message = "Smart Web Security takes names of at most 50 characters."
  }
}

run "a_zone_that_is_there_gets_the_records_and_no_other_is_made" {
  command = plan

  variables {
    dns_zone            = { id = "dns00000000000000000" }
    deletion_protection = false
    balancer_subnets    = { ru-central1-b = "10.10.48.0/27" }
    balancer_units      = { max = 2 }
    ddos_protection     = true
    gateway             = { zone = "ru-central1-b", port = 8080 }
  }

  assert {
    condition     = length(yandex_dns_zone.this) == 0 && yandex_dns_recordset.host.zone_id == "dns00000000000000000" && length(output.name_servers) == 0
    error_message = "The zone is another's."
  }

  assert {
    condition     = !yandex_vpc_address.public.deletion_protection && !yandex_cm_certificate.this.deletion_protection
    error_message = "What may be lost may be deleted."
  }

  assert {
    condition     = !yandex_alb_load_balancer.this.allow_zonal_shift && yandex_alb_load_balancer.this.log_options[0].disable
    error_message = "The only zone stays, and without a log group nothing is logged."
  }

  assert {
    condition     = yandex_vpc_address.public.external_ipv4_address[0].ddos_protection_provider == "qrator" && yandex_vpc_address.public.external_ipv4_address[0].zone_id == "ru-central1-b"
    error_message = "The address is one with protection, in the balancer's zone."
  }

  assert {
    condition     = yandex_vpc_address.gateway.internal_ipv4_address[0].subnet_id == "e2l00000000000000000" && one(yandex_alb_backend_group.http.http_backend).port == 8080
    error_message = "The gateway is in the zone and on the port that were said."
  }
}

run "the_example_plans" {
  command = plan

  variables {
    subnets = { ru-central1-a = { id = "e9b00000000000000000", cidr = "10.20.0.0/20" } }
  }

  module {
    source = "./examples/basic"
  }
}
