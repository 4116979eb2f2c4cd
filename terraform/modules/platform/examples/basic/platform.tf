provider "yandex" {
  folder_id = var.folder_id
}

# The least that is a platform: a network, a registry, a cluster of one zone, a log. Whatever holds data, the platform's chart
# brings itself.
module "platform" {
  source = "../.."

  folder_id   = var.folder_id
  name        = "retraining-dev"
  environment = "dev"

  kubernetes = {
    zones   = ["ru-central1-a"]
    version = "1.33"
  }
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "kubeconfig" {
  description = "For kubectl and Helm."
  value       = module.platform.kubeconfig
}
