# Refused here is refused before it costs: neither the cluster nor the bill of Smart Web Security sees it.
resource "yandex_sws_security_profile" "this" {
  folder_id                        = var.folder_id
  name                             = "${var.name}-edge"
  description                      = "Who may ask ${var.host}, and what is taken for an attack."
  labels                           = var.labels
  default_action                   = length(var.allowed_clients) > 0 ? "DENY" : "ALLOW"
  advanced_rate_limiter_profile_id = yandex_sws_advanced_rate_limiter_profile.this.id
  # Empty, and not left out, which would keep the one that was there before.
  captcha_id = var.captcha == null ? "" : one(yandex_smartcaptcha_captcha.this[*].id)
  # Requests carry the data of people who apply for credit.
  disallow_data_processing = true

  dynamic "security_rule" {
    for_each = length(var.allowed_clients) > 0 ? [var.allowed_clients] : []
    content {
      name        = "allowed-clients"
      description = "Those who are named, and nobody else."
      priority    = 1000

      rule_condition {
        action = "ALLOW"
        condition {
          source_ip {
            ip_ranges_match {
              ip_ranges = security_rule.value
            }
          }
        }
      }
    }
  }

  dynamic "security_rule" {
    for_each = length(var.allowed_clients) > 0 ? [] : local.captcha_paths
    content {
      name        = "people-${trim(security_rule.value, "/")}"
      description = "What people open in a browser: whoever looks like a robot is shown a captcha."
      priority    = 2000 + security_rule.key

      smart_protection {
        mode = "FULL"
        condition {
          request_uri {
            path {
              exact_match = security_rule.value
            }
          }
        }
      }
    }
  }

  dynamic "security_rule" {
    for_each = length(var.allowed_clients) > 0 ? [] : ["API"]
    content {
      name        = "programs"
      description = "All else is for programs: what is an attack beyond doubt is refused, and nobody is shown a captcha."
      priority    = 999900

      smart_protection {
        mode = security_rule.value
      }
    }
  }
}

# Counted after the profile's rules; the answer is 429. A window of a second: whoever was too fast may go on in the next.
resource "yandex_sws_advanced_rate_limiter_profile" "this" {
  folder_id   = var.folder_id
  name        = "${var.name}-edge"
  description = "How many requests pass in a second, of one address and of all."
  labels      = var.labels

  advanced_rate_limiter_rule {
    name        = "client"
    description = "Of one address."
    priority    = 1

    dynamic_quota {
      action = "DENY"
      limit  = var.requests_per_second.client
      period = 1

      characteristic {
        simple_characteristic {
          type = "IP"
        }
      }
    }
  }

  advanced_rate_limiter_rule {
    name        = "total"
    description = "Of all together: what many addresses can do, each within its limit."
    priority    = 2

    static_quota {
      action = "DENY"
      limit  = var.requests_per_second.total
      period = 1
    }
  }
}

resource "yandex_smartcaptcha_captcha" "this" {
  count = var.captcha == null ? 0 : 1

  folder_id                = var.folder_id
  name                     = "${var.name}-edge"
  description              = "For people who open ${var.host} in a browser."
  labels                   = var.labels
  complexity               = var.captcha.complexity
  pre_check_type           = var.captcha.first
  challenge_type           = var.captcha.then
  disallow_data_processing = true
  deletion_protection      = var.deletion_protection
  # Smart Web Security shows it on a host of its own, and asks for this.
  turn_off_hostname_check = true
}
