# Who reads the secrets in the cluster. It has roles on these secrets and their key, and on nothing else of the folder.
resource "yandex_iam_service_account" "reader" {
  folder_id   = var.folder_id
  name        = "${var.name}-lockbox-reader"
  description = "The External Secrets operator reads the platform's secrets with it (lockbox.payloadViewer on each, kms.keys.decrypter on their key)."
  labels      = var.labels
}

resource "yandex_lockbox_secret_iam_member" "reader" {
  for_each = var.secrets

  secret_id = yandex_lockbox_secret.this[each.key].id
  role      = "lockbox.payloadViewer"
  member    = "serviceAccount:${yandex_iam_service_account.reader.id}"
}

resource "yandex_kms_symmetric_key_iam_member" "reader" {
  symmetric_key_id = yandex_kms_symmetric_key.secrets.id
  role             = "kms.keys.decrypter"
  member           = "serviceAccount:${yandex_iam_service_account.reader.id}"
}
