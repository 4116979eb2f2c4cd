module "network" {
  source = "../network"

  folder_id     = var.folder_id
  name          = var.name
  labels        = local.labels
  subnets       = var.network.subnets
  pods_cidr     = var.network.pods_cidr
  services_cidr = var.network.services_cidr
  api_clients   = var.network.api_clients

  # Where there is an edge, its balancer asks nodes, and nobody else. Without one, internal balancers are asked from the subnets.
  service_clients = var.edge == null ? [] : values(var.edge.balancer_subnets)
}
