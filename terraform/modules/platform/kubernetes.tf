module "kubernetes" {
  source = "../kubernetes"

  folder_id           = var.folder_id
  name                = var.name
  labels              = local.labels
  deletion_protection = var.deletion_protection

  network_id                       = module.network.network_id
  subnets                          = module.network.subnets
  zones                            = var.kubernetes.zones
  pods_cidr                        = module.network.pods_cidr
  services_cidr                    = module.network.services_cidr
  control_plane_security_group_ids = module.network.control_plane_security_group_ids
  nodes_security_group_ids         = module.network.nodes_security_group_ids
  nodes_service_account_id         = module.registry.nodes_service_account_id

  kubernetes_version = var.kubernetes.version
  release_channel    = var.kubernetes.release_channel
  public_endpoint    = var.kubernetes.public_endpoint
  platform_nodes     = var.kubernetes.platform_nodes
  training_nodes     = var.kubernetes.training_nodes
  maintenance        = var.kubernetes.maintenance
  control_plane_logs = { log_group_id = module.monitoring.log_group_id }

  api_access = merge(var.kubernetes.api_access, var.ci == null ? {} : {
    ci = {
      member = "serviceAccount:${module.registry.ci_service_account_id}"
      role   = "k8s.cluster-api.cluster-admin"
      reason = "Jobs of this environment install operators with their CRDs and the platform's charts."
    }
  })
}
