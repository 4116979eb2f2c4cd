# Its log group is made before the cluster and the edge that write into it; its dashboard, after.
module "monitoring" {
  source = "../monitoring"

  folder_id           = var.folder_id
  name                = var.name
  labels              = local.labels
  log_retention_hours = var.monitoring.log_retention_hours

  cluster_id          = module.kubernetes.cluster_id
  database_cluster_id = one(module.database[*].cluster_id)
  balancer_id         = one(module.edge[*].balancer_id)

  remote_write = var.monitoring.prometheus_workspace_id == null ? null : {
    workspace_id   = var.monitoring.prometheus_workspace_id
    kms_key_id     = module.secrets[0].kms_key_id
    key_expires_at = var.monitoring.api_key_expires_at
  }
}
