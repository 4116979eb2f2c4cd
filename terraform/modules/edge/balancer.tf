resource "yandex_alb_load_balancer" "this" {
  folder_id          = var.folder_id
  name               = "${var.name}-edge"
  description        = "Clients of ${var.host}: TLS ends here."
  labels             = var.labels
  network_id         = var.network_id
  security_group_ids = [yandex_vpc_security_group.balancer.id]
  # The cloud may take a zone out that is in trouble; where there is only one, it can't.
  allow_zonal_shift = length(var.balancer_subnets) > 1

  allocation_policy {
    dynamic "location" {
      for_each = yandex_vpc_subnet.balancer
      content {
        zone_id   = location.key
        subnet_id = location.value.id
      }
    }
  }

  auto_scale_policy {
    min_zone_size = var.balancer_units.min_per_zone
    max_size      = var.balancer_units.max
  }

  listener {
    name = "https"

    endpoint {
      ports = [443]
      address {
        external_ipv4_address {
          address = yandex_vpc_address.public.external_ipv4_address[0].address
        }
      }
    }

    # TLS 1.2 and 1.3 are all that a balancer speaks; there is nothing to set.
    tls {
      default_handler {
        certificate_ids = [data.yandex_cm_certificate.issued.id]

        http_handler {
          http_router_id = yandex_alb_http_router.this.id

          http2_options {
            max_concurrent_streams = 100
          }
        }
      }
    }
  }

  listener {
    name = "redirect-to-https"

    endpoint {
      ports = [80]
      address {
        external_ipv4_address {
          address = yandex_vpc_address.public.external_ipv4_address[0].address
        }
      }
    }

    http {
      redirects {
        http_to_https = true
      }
    }
  }

  log_options {
    disable      = var.log_group_id == null
    log_group_id = var.log_group_id

    # An attack is to cost little, its log included: what is kept of each kind is enough to see what it is.
    dynamic "discard_rule" {
      for_each = var.log_group_id == null ? {} : { "2XX" = 99, "3XX" = 99, "4XX" = 99, "5XX" = 90 }
      content {
        http_code_intervals = [discard_rule.key]
        discard_percent     = discard_rule.value
      }
    }
  }
}
