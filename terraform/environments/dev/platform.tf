# Cheap, and gone tomorrow: one zone, nodes that the cloud may take away, and everything that holds data inside the cluster,
# by the platform chart's own development mode (helm/values/dev/platform.yaml). Nobody reaches it from the internet.
module "platform" {
  source = "../../modules/platform"

  folder_id           = var.folder_id
  name                = "retraining-dev"
  environment         = "dev"
  deletion_protection = false

  network = { api_clients = var.api_clients }

  kubernetes = {
    zones           = [var.zone]
    version         = var.kubernetes_version
    public_endpoint = length(var.api_clients) > 0
    platform_nodes  = { cores = 4, memory_gb = 8, core_fraction = 50, disk_gb = 64, max_nodes = 4, preemptible = true }
    training_nodes  = { cores = 4, memory_gb = 8, core_fraction = 50, disk_gb = 64, max_nodes = 1, preemptible = true }
  }

  monitoring = { log_retention_hours = 24 }
  ci         = var.ci
}
