resource "yandex_vpc_security_group" "balancer" {
  #checkov:skip=CKV_YC_19:443 and 80 are for the internet where no clients are named: this is what the edge is for
  folder_id   = var.folder_id
  name        = "${var.name}-edge"
  description = "Clients of the balancer, and the gateway behind it."
  labels      = var.labels
  network_id  = var.network_id

  dynamic "ingress" {
    for_each = { https = 443, redirect-to-https = 80 }
    content {
      description    = "Clients: ${ingress.key}"
      protocol       = "TCP"
      port           = ingress.value
      v4_cidr_blocks = length(var.allowed_clients) > 0 ? var.allowed_clients : ["0.0.0.0/0"]
    }
  }

  ingress {
    description       = "Whether the balancer's own nodes are there; the port is the cloud's"
    protocol          = "TCP"
    port              = 30080
    predefined_target = "loadbalancer_healthchecks"
  }

  egress {
    description    = "The gateway's network load balancer"
    protocol       = "TCP"
    port           = var.gateway.port
    v4_cidr_blocks = ["${yandex_vpc_address.gateway.internal_ipv4_address[0].address}/32"]
  }

  # The network rewrites the gateway's address to a node's. Which of the two this group is asked about is nowhere
  # documented, so that it has both.
  egress {
    description    = "The same, as the network sends it on: NodePorts of nodes"
    protocol       = "TCP"
    from_port      = 30000
    to_port        = 32767
    v4_cidr_blocks = [for subnet in values(var.subnets) : subnet.cidr]
  }
}
