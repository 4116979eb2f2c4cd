provider "yandex" {
  folder_id = var.folder_id
}

# Production: a host in each of three zones, and room for a larger pool.
module "database" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining-production"
  labels    = { environment = "production" }

  network_id = "enp00000000000000000"
  subnets = {
    ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.0/20" }
    ru-central1-b = { id = "e2l00000000000000000", cidr = "10.10.16.0/20" }
    ru-central1-d = { id = "fl800000000000000000", cidr = "10.10.32.0/20" }
  }
  zones                   = ["ru-central1-a", "ru-central1-b", "ru-central1-d"]
  nodes_security_group_id = "enp00000000000000001"

  host_preset = "s3-c2-m8"
  disk        = { size_gb = 30, limit_gb = 200 }
  backup      = { retain_days = 30 }

  secret_ids = {
    mlflow-database  = "e6q00000000000000001"
    airflow-database = "e6q00000000000000002"
  }
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "host" {
  description = "For Helm's values."
  value       = module.database.host
}

output "databases" {
  description = "For Helm's values."
  value       = module.database.databases
}
