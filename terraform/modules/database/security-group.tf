resource "yandex_vpc_security_group" "this" {
  folder_id   = var.folder_id
  name        = "${var.name}-postgresql"
  description = "The nodes of Kubernetes reach the pooler, and nobody else reaches anything."
  labels      = var.labels
  network_id  = var.network_id

  # The one rule that the service asks for; it asks for none for egress, nor for the hosts among themselves.
  ingress {
    description       = "The pooler, for pods on the nodes"
    protocol          = "TCP"
    port              = 6432
    v4_cidr_blocks    = []
    security_group_id = var.nodes_security_group_id
  }
}
