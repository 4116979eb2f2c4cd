provider "yandex" {
  folder_id = var.folder_id
}

# Staging: no client from outside. Production differs in `service_clients = ["0.0.0.0/0"]`.
module "network" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining-staging"
  labels    = { environment = "staging" }

  subnets = {
    ru-central1-a = "10.20.0.0/20"
    ru-central1-b = "10.20.16.0/20"
    ru-central1-d = "10.20.32.0/20"
  }
  # A VPN.
  api_clients = ["203.0.113.0/28"]
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "network_id" {
  description = "The network that was made."
  value       = module.network.network_id
}
