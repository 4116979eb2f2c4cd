# What the edge lets through, said once more and apart from the code: a change of either has to be meant. Applied to a mock:
# a set of rules has no length before its ids are known.
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

run "the_internet_reaches_two_ports_of_the_balancer_and_nothing_else" {
  command = apply

  assert {
    condition = toset([
      for rule in yandex_vpc_security_group.balancer.ingress : "${rule.protocol} ${rule.port}" if contains(coalesce(rule.v4_cidr_blocks, []), "0.0.0.0/0")
    ]) == toset(["TCP 443", "TCP 80"])
    error_message = "443 and 80 are open to the internet."
  }

  assert {
    condition = toset([
      for rule in yandex_vpc_security_group.balancer.ingress : "${rule.port} ${rule.predefined_target}" if !contains(coalesce(rule.v4_cidr_blocks, []), "0.0.0.0/0")
    ]) == toset(["30080 loadbalancer_healthchecks"])
    error_message = "Beside clients, the cloud's checks of the balancer's nodes reach it."
  }

  assert {
    condition = toset([
      for rule in yandex_vpc_security_group.balancer.egress :
      "${rule.protocol} ${rule.port != null ? coalesce(rule.port, 0) : "${coalesce(rule.from_port, 0)}-${coalesce(rule.to_port, 0)}"} ${join(" ", sort(rule.v4_cidr_blocks))}"
    ]) == toset(["TCP 80 10.10.0.100/32", "TCP 30000-32767 10.10.0.0/20 10.10.16.0/20 10.10.32.0/20"])
    error_message = "The balancer reaches the gateway's address, and NodePorts of the nodes."
  }

  assert {
    condition     = alltrue([for rule in setunion(yandex_vpc_security_group.balancer.ingress, yandex_vpc_security_group.balancer.egress) : length(rule.description) > 0])
    error_message = "Each rule says what it is for."
  }

  # By plain HTTP nothing is answered but where to go.
  assert {
    condition     = [for listener in yandex_alb_load_balancer.this.listener : "${listener.endpoint[0].ports[0]} ${listener.http[0].redirects[0].http_to_https}" if length(listener.http) > 0] == ["80 true"]
    error_message = "80 redirects to https."
  }

  assert {
    condition     = yandex_alb_virtual_host.this.authority == toset(["scoring.example.com"])
    error_message = "One name is answered."
  }

  assert {
    condition = [
      for route in yandex_alb_virtual_host.this.route :
      length(route.grpc_route) > 0 ? "grpc ${route.grpc_route[0].grpc_match[0].fqmn[0].prefix}" :
      route.http_route[0].http_match[0].path[0].exact != "" && route.http_route[0].http_match[0].path[0].exact != null ? "= ${route.http_route[0].http_match[0].path[0].exact}" :
      "${route.http_route[0].http_match[0].path[0].prefix}* ${length(route.http_route[0].http_route_action)}"
      ] == [
      "grpc /inference.GRPCInferenceService/",
      "= /predict", "= /invocations", "= /outcomes", "= /v2", "= /ping", "= /version", "= /openapi.json", "= /docs",
      "/v1/models/* 1", "/v2/* 1", "/health/* 1", "/docs/* 1",
      "/* 0",
    ]
    error_message = "Clients reach predictions, outcomes, health and the description of these; /metrics, /status, /admin and all else end at the last route."
  }

  assert {
    condition     = one([for route in yandex_alb_virtual_host.this.route : route.http_route[0].direct_response_action[0].status if route.name == "nothing-else"]) == 404
    error_message = "All else is answered by 404, and is not sent on."
  }

  assert {
    condition     = yandex_alb_virtual_host.this.route_options[0].security_profile_id == yandex_sws_security_profile.this.id && !anytrue([for route in yandex_alb_virtual_host.this.route : coalesce(route.disable_security_profile, false)])
    error_message = "The security profile looks at every route."
  }

  assert {
    condition     = one([for header in yandex_alb_virtual_host.this.modify_response_headers : header.replace if header.name == "strict-transport-security"]) == "max-age=31536000"
    error_message = "Browsers come back by https."
  }

  # The internet may ask, and is looked at.
  assert {
    condition = (
      yandex_sws_security_profile.this.default_action == "ALLOW" &&
      { for rule in yandex_sws_security_profile.this.security_rule : rule.name => "${rule.smart_protection[0].mode} ${join(" ", flatten([for condition in rule.smart_protection[0].condition : condition.request_uri[0].path[0].exact_match]))}" } == { people-docs = "FULL /docs", programs = "API " } &&
      alltrue([for rule in yandex_sws_security_profile.this.security_rule : !coalesce(rule.dry_run, false)])
    )
    error_message = "Captchas are for /docs alone; everything is looked at, and nothing only for show."
  }

  assert {
    condition     = one([for rule in yandex_sws_security_profile.this.security_rule : rule.priority if rule.name == "people-docs"]) < one([for rule in yandex_sws_security_profile.this.security_rule : rule.priority if rule.name == "programs"])
    error_message = "What is for people is decided before what is for programs."
  }

  assert {
    condition     = yandex_sws_security_profile.this.disallow_data_processing && yandex_sws_security_profile.this.captcha_id == "" && length(yandex_smartcaptcha_captcha.this) == 0
    error_message = "Nobody learns from what clients send, and the captcha is the service's own."
  }

  assert {
    condition = (
      yandex_sws_security_profile.this.advanced_rate_limiter_profile_id == yandex_sws_advanced_rate_limiter_profile.this.id &&
      [for rule in yandex_sws_advanced_rate_limiter_profile.this.advanced_rate_limiter_rule : [for quota in rule.dynamic_quota : "${quota.limit} in ${quota.period} ${quota.characteristic[0].simple_characteristic[0].type} ${quota.action}"]][0] == ["200 in 1 IP DENY"] &&
      [for rule in yandex_sws_advanced_rate_limiter_profile.this.advanced_rate_limiter_rule : [for quota in rule.static_quota : "${quota.limit} in ${quota.period} ${quota.action}"]][1] == ["5000 in 1 DENY"] &&
      alltrue([for rule in yandex_sws_advanced_rate_limiter_profile.this.advanced_rate_limiter_rule : !coalesce(rule.dry_run, false) && length(rule.static_quota) + length(rule.dynamic_quota) == 1])
    )
    error_message = "One address gets 200 requests a second, and all together 5000."
  }

  assert {
    condition     = yandex_alb_load_balancer.this.security_group_ids == toset([yandex_vpc_security_group.balancer.id])
    error_message = "The balancer is in its group."
  }
}

run "those_who_are_named_and_nobody_else" {
  command = apply

  variables {
    allowed_clients     = ["203.0.113.0/28", "198.51.100.7/32"]
    requests_per_second = { client = 20, total = 100 }
    captcha             = { complexity = "HARD" }
  }

  assert {
    condition = alltrue([
      for rule in yandex_vpc_security_group.balancer.ingress : rule.v4_cidr_blocks == tolist(["203.0.113.0/28", "198.51.100.7/32"]) if rule.port != 30080
    ]) && length(yandex_vpc_security_group.balancer.ingress) == 3
    error_message = "The group lets in who is named."
  }

  assert {
    condition = (
      yandex_sws_security_profile.this.default_action == "DENY" && length(yandex_sws_security_profile.this.security_rule) == 1 &&
      yandex_sws_security_profile.this.security_rule[0].rule_condition[0].action == "ALLOW" &&
      yandex_sws_security_profile.this.security_rule[0].rule_condition[0].condition[0].source_ip[0].ip_ranges_match[0].ip_ranges == tolist(["203.0.113.0/28", "198.51.100.7/32"])
    )
    error_message = "The profile lets through who is named, and denies all else."
  }

  assert {
    condition = (
      yandex_sws_advanced_rate_limiter_profile.this.advanced_rate_limiter_rule[0].dynamic_quota[0].limit == 20 &&
      yandex_sws_advanced_rate_limiter_profile.this.advanced_rate_limiter_rule[1].static_quota[0].limit == 100
    )
    error_message = "They keep to the limits that were given."
  }

  assert {
    condition = (
      yandex_sws_security_profile.this.captcha_id == yandex_smartcaptcha_captcha.this[0].id && yandex_smartcaptcha_captcha.this[0].turn_off_hostname_check &&
      "${yandex_smartcaptcha_captcha.this[0].complexity} ${yandex_smartcaptcha_captcha.this[0].pre_check_type} ${yandex_smartcaptcha_captcha.this[0].challenge_type}" == "HARD CHECKBOX SILHOUETTES"
    )
    error_message = "The captcha is the one that was described, as Smart Web Security wants it."
  }
}
