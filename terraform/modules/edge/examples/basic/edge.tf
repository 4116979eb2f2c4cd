provider "yandex" {
  folder_id = var.folder_id
}

# Staging: one zone, for an office alone. Production names three zones in balancer_subnets and no allowed_clients.
module "edge" {
  source = "../.."

  folder_id  = var.folder_id
  name       = "retraining-staging"
  labels     = { environment = "staging" }
  network_id = var.network_id
  subnets    = var.subnets

  balancer_subnets = { ru-central1-a = "10.20.48.0/26" }
  balancer_units   = { max = 2 }

  host     = "scoring.staging.example.com"
  dns_zone = { domain = "staging.example.com" }
  gateway  = { zone = "ru-central1-a", address = "10.20.0.100" }

  # An office, or a VPN.
  allowed_clients = ["203.0.113.0/28"]
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

variable "network_id" {
  type        = string
  description = "`network_id` of the module `network`."
}

variable "subnets" {
  type        = map(object({ id = string, cidr = string }))
  description = "`subnets` of the module `network`."
}

output "url" {
  description = "Where predictions are answered."
  value       = module.edge.url
}
