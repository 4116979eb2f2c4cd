module "edge" {
  source = "../edge"
  count  = var.edge == null ? 0 : 1

  folder_id           = var.folder_id
  name                = var.name
  labels              = local.labels
  deletion_protection = var.deletion_protection

  network_id       = module.network.network_id
  subnets          = module.network.subnets
  balancer_subnets = var.edge.balancer_subnets
  # In the first zone of the cluster, where a zonal one has all its nodes.
  gateway      = { zone = var.kubernetes.zones[0] }
  log_group_id = module.monitoring.log_group_id

  host                = var.edge.host
  dns_zone            = var.edge.dns_zone
  allowed_clients     = var.edge.allowed_clients
  requests_per_second = var.edge.requests_per_second
  captcha             = var.edge.captcha
  balancer_units      = var.edge.balancer_units
  ddos_protection     = var.edge.ddos_protection
}
