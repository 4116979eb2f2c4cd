resource "yandex_lockbox_secret" "this" {
  for_each = var.secrets

  folder_id           = var.folder_id
  name                = "${var.prefix}${each.key}"
  description         = "Of the platform: the Secret ${each.key} of its namespace, with ${join(", ", keys(each.value))}."
  labels              = var.labels
  kms_key_id          = yandex_kms_symmetric_key.secrets.id
  deletion_protection = var.deletion_protection
}
