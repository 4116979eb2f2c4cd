locals {
  # Longer than the gateway tries (`gateway.envoy.requestTimeout`, 15 s): the last word is then the tier's, with a reason.
  timeout = "20s"
}

# A balancer behind a balancer, as the cloud's own guide has it
# (yandex.cloud/docs/tutorials/security/migration-from-nlb-to-alb/nlb-as-target-resource-alb): an address of the network
# that belongs to no machine is given as a "private" one.
resource "yandex_alb_target_group" "gateway" {
  folder_id   = var.folder_id
  name        = "${var.name}-gateway"
  description = "The internal network load balancer of Envoy Gateway."
  labels      = var.labels

  target {
    ip_address           = yandex_vpc_address.gateway.internal_ipv4_address[0].address
    private_ipv4_address = true
  }
}

# No health check, as that guide says: there is one target, which stands for all proxies and checks them itself. A check
# that fails could only make of a part that is away a whole.
resource "yandex_alb_backend_group" "http" {
  folder_id   = var.folder_id
  name        = "${var.name}-http"
  description = "Predictions over HTTP."
  labels      = var.labels

  http_backend {
    name             = "gateway"
    port             = var.gateway.port
    target_group_ids = [yandex_alb_target_group.gateway.id]
  }
}

resource "yandex_alb_backend_group" "grpc" {
  folder_id   = var.folder_id
  name        = "${var.name}-grpc"
  description = "Predictions over gRPC."
  labels      = var.labels

  grpc_backend {
    name             = "gateway"
    port             = var.gateway.port
    target_group_ids = [yandex_alb_target_group.gateway.id]
  }
}
