resource "yandex_dns_zone" "this" {
  count = var.dns_zone.domain == null ? 0 : 1

  folder_id           = var.folder_id
  name                = "${var.name}-edge"
  description         = "Public names of the platform."
  labels              = var.labels
  zone                = "${var.dns_zone.domain}."
  public              = true
  deletion_protection = var.deletion_protection
}

locals {
  dns_zone_id = var.dns_zone.domain == null ? var.dns_zone.id : one(yandex_dns_zone.this[*].id)
}

resource "yandex_dns_recordset" "host" {
  zone_id     = local.dns_zone_id
  name        = "${var.host}."
  description = "The edge of ${var.name}."
  type        = "A"
  # Of a static address: it changes when somebody means it, and then within five minutes.
  ttl  = 300
  data = [yandex_vpc_address.public.external_ipv4_address[0].address]
}
