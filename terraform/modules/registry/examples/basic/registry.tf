provider "yandex" {
  folder_id = var.folder_id
}

module "registry" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining"
  labels    = { environment = "all" }
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "image_registry" {
  description = "What names of images begin with."
  value       = module.registry.image_registry
}
