provider "yandex" {
  folder_id = var.folder_id
}

module "network" {
  source = "../../../network"

  folder_id = var.folder_id
  name      = "retraining-production"
  labels    = { environment = "production" }
  # A VPN.
  api_clients = ["203.0.113.0/28"]
}

module "registry" {
  source = "../../../registry"

  folder_id = var.folder_id
  name      = "retraining"
}

resource "yandex_logging_group" "kubernetes" {
  folder_id        = var.folder_id
  name             = "retraining-production-kubernetes"
  retention_period = "720h"
}

# Three zones. Staging differs in `zones = ["ru-central1-a"]`.
module "kubernetes" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining-production"
  labels    = { environment = "production" }

  network_id                       = module.network.network_id
  subnets                          = module.network.subnets
  zones                            = keys(module.network.subnets)
  pods_cidr                        = module.network.pods_cidr
  services_cidr                    = module.network.services_cidr
  control_plane_security_group_ids = module.network.control_plane_security_group_ids
  nodes_security_group_ids         = module.network.nodes_security_group_ids
  nodes_service_account_id         = module.registry.nodes_service_account_id

  kubernetes_version = "1.33"
  release_channel    = "STABLE"
  control_plane_logs = { log_group_id = yandex_logging_group.kubernetes.id }

  training_nodes = { cores = 16, memory_gb = 64, max_nodes = 3 }
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "kubeconfig" {
  description = "For kubectl and Helm."
  value       = module.kubernetes.kubeconfig
}

output "ceiling" {
  description = "What all nodes are together at most."
  value       = module.kubernetes.ceiling
}
