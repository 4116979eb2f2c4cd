module "registry" {
  source = "../registry"

  folder_id = var.folder_id
  name      = var.name
  labels    = local.labels
}

# Jobs of this environment are this account, without a key: it pushes images here, and installs charts in the one cluster.
resource "yandex_iam_workload_identity_federated_credential" "images" {
  count = var.ci == null ? 0 : 1

  service_account_id  = module.registry.ci_service_account_id
  federation_id       = var.ci.federation_id
  external_subject_id = var.ci.external_subject_id
}
