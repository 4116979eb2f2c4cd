locals {
  zones = keys(var.balancer_subnets)
}

# What clients reach. It stays when everything behind it is made anew.
resource "yandex_vpc_address" "public" {
  folder_id           = var.folder_id
  name                = "${var.name}-edge"
  description         = "Public address of ${var.host}."
  labels              = var.labels
  deletion_protection = var.deletion_protection

  external_ipv4_address {
    # An address announced in one zone is reachable in all; it has to be reserved somewhere.
    zone_id                  = local.zones[0]
    ddos_protection_provider = var.ddos_protection ? "qrator" : null
  }
}

# What the balancer sends to. It is reserved here, and the chart asks for it (`gateway.loadBalancer.address`), so that
# neither has to wait for the other.
resource "yandex_vpc_address" "gateway" {
  folder_id           = var.folder_id
  name                = "${var.name}-gateway"
  description         = "Of the internal network load balancer of Envoy Gateway, which the cluster makes."
  labels              = var.labels
  deletion_protection = var.deletion_protection

  internal_ipv4_address {
    subnet_id = var.subnets[var.gateway.zone].id
    address   = var.gateway.address
  }
}

# Of the balancer alone: who comes from here says truly who the client is (X-Forwarded-For), and nobody else does.
resource "yandex_vpc_subnet" "balancer" {
  for_each = var.balancer_subnets

  folder_id      = var.folder_id
  name           = "${var.name}-edge-${each.key}"
  description    = "Nodes of the application load balancer in ${each.key}, and nothing else."
  labels         = var.labels
  network_id     = var.network_id
  zone           = each.key
  v4_cidr_blocks = [each.value]
}
