locals {
  # Who does what, and why. Nobody else has a role here: whoever administers the folder has one from there.
  accounts = {
    nodes = {
      role   = "cloud-registry.artifacts.puller"
      reason = "Nodes pull images with it, and can do nothing else with it."
    }
    ci = {
      role   = "cloud-registry.artifacts.pusher"
      reason = "Jobs of CI are this account. It pushes the images of a release, and changes neither registries nor access to them."
    }
  }
}

resource "yandex_iam_service_account" "this" {
  for_each = local.accounts

  folder_id   = var.folder_id
  name        = "${var.name}-images-${each.key}"
  description = "${each.value.role}: ${each.value.reason}"
  labels      = var.labels
}

resource "yandex_cloudregistry_registry_iam_binding" "this" {
  for_each = local.accounts

  registry_id = yandex_cloudregistry_registry.images.id
  role        = each.value.role
  members     = ["serviceAccount:${yandex_iam_service_account.this[each.key].id}"]
}
