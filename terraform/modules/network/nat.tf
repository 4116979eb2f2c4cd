# Nodes have no public addresses. They reach images, Object Storage and Git through this, and nobody reaches them.
resource "yandex_vpc_gateway" "nat" {
  folder_id   = var.folder_id
  name        = "${var.name}-nat"
  description = "The way of nodes to the internet; there is none back."
  labels      = var.labels

  shared_egress_gateway {}
}

resource "yandex_vpc_route_table" "nat" {
  folder_id   = var.folder_id
  name        = "${var.name}-nat"
  description = "All that is not in the network goes through the NAT gateway."
  labels      = var.labels
  network_id  = yandex_vpc_network.this.id

  static_route {
    # Everywhere, as a route: what may be reached, and on which ports, the security groups say.
    destination_prefix = "0.0.0.0/0"
    gateway_id         = yandex_vpc_gateway.nat.id
  }
}
