locals {
  subnet_ranges = values(var.subnets)
}

resource "yandex_vpc_network" "this" {
  folder_id   = var.folder_id
  name        = var.name
  description = "Of the platform: nodes, databases and load balancers."
  labels      = var.labels
}

resource "yandex_vpc_subnet" "this" {
  for_each = var.subnets

  folder_id      = var.folder_id
  name           = "${var.name}-${each.key}"
  description    = "Nodes, databases and internal load balancers of ${each.key}."
  labels         = var.labels
  network_id     = yandex_vpc_network.this.id
  zone           = each.key
  v4_cidr_blocks = [each.value]
  route_table_id = yandex_vpc_route_table.nat.id
}

# What is given no security group gets this one, which lets nothing through. The cloud's own would let everything.
resource "yandex_vpc_default_security_group" "closed" {
  folder_id   = var.folder_id
  description = "Lets nothing through: whatever is in this network names its security groups."
  labels      = var.labels
  network_id  = yandex_vpc_network.this.id
}
