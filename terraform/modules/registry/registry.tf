# Cloud Registry, which Container Registry is being moved to: the provider knows its scan policies, and of the older one
# it does not.
resource "yandex_cloudregistry_registry" "images" {
  folder_id   = var.folder_id
  name        = "${var.name}-images"
  description = "Images of the platform."
  labels      = var.labels
  kind        = "DOCKER"
  type        = "LOCAL"
}
