# Let's Encrypt's, renewed by the cloud as long as the record below is there.
resource "yandex_cm_certificate" "this" {
  folder_id           = var.folder_id
  name                = "${var.name}-edge"
  description         = "Of ${var.host}."
  labels              = var.labels
  domains             = [var.host]
  deletion_protection = var.deletion_protection

  managed {
    challenge_type = "DNS_CNAME"
    # One name, one challenge: said, so that the plan knows how many there are.
    challenge_count = 1
  }
}

resource "yandex_dns_recordset" "challenge" {
  zone_id     = local.dns_zone_id
  name        = yandex_cm_certificate.this.challenges[0].dns_name
  description = "Proves to the authority of certificates that ${var.host} is ours, now and at each renewal."
  type        = yandex_cm_certificate.this.challenges[0].dns_type
  ttl         = 60
  data        = [yandex_cm_certificate.this.challenges[0].dns_value]
}

# The balancer takes a certificate that was issued. This waits for it, so that one apply is enough.
data "yandex_cm_certificate" "issued" {
  certificate_id  = yandex_cm_certificate.this.id
  wait_validation = true

  depends_on = [yandex_dns_recordset.challenge]
}
