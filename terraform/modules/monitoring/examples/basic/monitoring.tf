provider "yandex" {
  folder_id = var.folder_id
}

# Production: everything that there is to see.
module "monitoring" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining-production"
  labels    = { environment = "production" }

  log_retention_hours = 720

  cluster_id          = "cat00000000000000000"
  database_cluster_id = "c9q00000000000000000"
  balancer_id         = "ds700000000000000000"

  remote_write = {
    workspace_id   = "mon00000000000000000"
    kms_key_id     = "abj00000000000000000"
    key_expires_at = "2027-06-30T00:00:00Z"
  }
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "remote_write" {
  description = "For Helm's values."
  value       = module.monitoring.remote_write
}
