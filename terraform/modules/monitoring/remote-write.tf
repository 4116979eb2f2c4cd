locals {
  remote_write_url   = var.remote_write == null ? null : "https://monitoring.api.cloud.yandex.net/prometheus/workspaces/${var.remote_write.workspace_id}/api/v1/write"
  remote_write_entry = "api-key"

  accounts = var.remote_write == null ? {} : {
    remote-write = {
      role   = "monitoring.editor"
      reason = "Prometheus writes into its workspace with it. Workspaces have no roles of their own, and the folder no smaller one that writes."
    }
  }
}

resource "yandex_iam_service_account" "this" {
  for_each = local.accounts

  folder_id   = var.folder_id
  name        = "${var.name}-prometheus-${each.key}"
  description = "${each.value.role} in the folder: ${each.value.reason}"
  labels      = var.labels
}

resource "yandex_resourcemanager_folder_iam_member" "this" {
  for_each = local.accounts

  folder_id = var.folder_id
  role      = each.value.role
  member    = "serviceAccount:${yandex_iam_service_account.this[each.key].id}"
}

# Of the namespace `monitoring`, not of the platform's: whatever reads the platform's secrets has no use for it.
resource "yandex_lockbox_secret" "remote_write" {
  for_each = local.accounts

  folder_id   = var.folder_id
  name        = "${var.name}-prometheus-remote-write"
  description = "Of Prometheus: the API key that it writes into ${var.remote_write.workspace_id} with. A new one can be made at any time."
  labels      = var.labels
  kms_key_id  = var.remote_write.kms_key_id
}

# Prometheus sends an API key as a bearer token. This one is good for Monitoring and nothing else, whatever roles the account
# is given later.
resource "yandex_iam_service_account_api_key" "remote_write" {
  for_each = local.accounts

  service_account_id = yandex_iam_service_account.this[each.key].id
  description        = "Prometheus, to write into ${var.remote_write.workspace_id}."
  scopes             = ["yc.monitoring.manage"]
  expires_at         = var.remote_write.key_expires_at

  output_to_lockbox {
    secret_id            = yandex_lockbox_secret.remote_write[each.key].id
    entry_for_secret_key = local.remote_write_entry
  }

  lifecycle {
    # Superseded by scopes; the API fills it in.
    ignore_changes = [scope]
  }
}
