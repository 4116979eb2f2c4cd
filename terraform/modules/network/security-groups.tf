# Three groups for Managed Kubernetes: the rules that its documentation asks for, and narrower where they can be (the
# internet by port, health of nodes from our subnets, load balancers from the clients that are named):
#
#   cluster        control plane and nodes    what they say to each other
#   control_plane  control plane              who asks its API; what it calls in pods
#   nodes          nodes                      clients of load balancers; pods among themselves; the internet, by port
#
# There is no rule for SSH: nobody logs in to a node.

resource "yandex_vpc_security_group" "cluster" {
  folder_id   = var.folder_id
  name        = "${var.name}-kubernetes-cluster"
  description = "Control plane and nodes among themselves."
  labels      = var.labels
  network_id  = yandex_vpc_network.this.id

  ingress {
    description    = "Whether a node is there, asked from the subnets"
    protocol       = "ICMP"
    v4_cidr_blocks = local.subnet_ranges
  }

  ingress {
    description       = "Control plane and nodes among themselves"
    protocol          = "ANY"
    predefined_target = "self_security_group"
    from_port         = 0
    to_port           = 65535
  }

  # Which port is checked depends on each Service (`healthCheckNodePort`), so that all are open; to those checkers only.
  ingress {
    description       = "Health checks of network load balancers"
    protocol          = "TCP"
    predefined_target = "loadbalancer_healthchecks"
    from_port         = 0
    to_port           = 65535
  }

  egress {
    description       = "Control plane and nodes among themselves"
    protocol          = "ANY"
    predefined_target = "self_security_group"
    from_port         = 0
    to_port           = 65535
  }
}

resource "yandex_vpc_security_group" "control_plane" {
  folder_id   = var.folder_id
  name        = "${var.name}-kubernetes-control"
  description = "Who asks the API of Kubernetes, and what it calls in pods."
  labels      = var.labels
  network_id  = yandex_vpc_network.this.id

  dynamic "ingress" {
    for_each = length(var.api_clients) > 0 ? [443, 6443] : []
    iterator = port
    content {
      description    = "The API of Kubernetes, for people and CI"
      protocol       = "TCP"
      port           = port.value
      v4_cidr_blocks = var.api_clients
    }
  }

  dynamic "egress" {
    for_each = var.webhook_ports
    iterator = webhook
    content {
      description    = "Calls of the API server: ${webhook.key}"
      protocol       = "TCP"
      port           = webhook.value
      v4_cidr_blocks = [var.pods_cidr]
    }
  }
}

resource "yandex_vpc_security_group" "nodes" {
  folder_id   = var.folder_id
  name        = "${var.name}-kubernetes-nodes"
  description = "Clients of load balancers, pods among themselves, and the internet by port."
  labels      = var.labels
  network_id  = yandex_vpc_network.this.id

  # A network load balancer keeps the client's address and sends to a NodePort.
  ingress {
    description    = "Clients of load balancers"
    protocol       = "TCP"
    from_port      = 30000
    to_port        = 32767
    v4_cidr_blocks = length(var.service_clients) > 0 ? var.service_clients : local.subnet_ranges
  }

  ingress {
    description    = "Pods and Services among themselves"
    protocol       = "ANY"
    from_port      = 0
    to_port        = 65535
    v4_cidr_blocks = [var.pods_cidr, var.services_cidr]
  }

  egress {
    description    = "Pods and Services among themselves"
    protocol       = "ANY"
    from_port      = 0
    to_port        = 65535
    v4_cidr_blocks = [var.pods_cidr, var.services_cidr]
  }

  egress {
    description    = "The pooler of Managed PostgreSQL"
    protocol       = "TCP"
    port           = 6432
    v4_cidr_blocks = local.subnet_ranges
  }

  dynamic "egress" {
    for_each = toset(["TCP", "UDP"])
    iterator = protocol
    content {
      description    = "Names, asked of the resolver of each subnet"
      protocol       = protocol.value
      port           = 53
      v4_cidr_blocks = local.subnet_ranges
    }
  }

  egress {
    description    = "Metadata of the node: its account's token"
    protocol       = "TCP"
    port           = 80
    v4_cidr_blocks = ["169.254.169.254/32"]
  }

  dynamic "egress" {
    for_each = var.internet_ports
    iterator = rule
    content {
      description    = rule.value.reason
      protocol       = rule.value.protocol
      port           = rule.value.port
      v4_cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
