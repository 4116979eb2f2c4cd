output "registry_id" {
  description = "The registry."
  value       = yandex_cloudregistry_registry.images.id
}

output "image_registry" {
  description = "What names of images begin with: `global.image.registry` of the platform's chart, and IMAGE_REGISTRY of `make images`."
  value       = "registry.yandexcloud.net/${yandex_cloudregistry_registry.images.id}"
}

output "nodes_service_account_id" {
  description = "Account for node groups (`node_service_account_id` of the cluster)."
  value       = yandex_iam_service_account.this["nodes"].id
}

output "ci_service_account_id" {
  description = "Account for CI."
  value       = yandex_iam_service_account.this["ci"].id
}
