# Where all roots of this folder keep their state, and the key by which Terraform speaks to it.
module "state" {
  source = "../modules/storage"

  folder_id = var.folder_id
  name      = var.name
  labels    = var.labels

  buckets = {
    state = {
      name = var.state_bucket
      # A state that was lost is found again for a year.
      old_versions_days = 365
      accounts = {
        state = { role = "storage.editor", reason = "Terraform writes its state, and deletes the lock that it holds meanwhile." }
      }
    }
  }
  access_keys       = { state = yandex_lockbox_secret.state_key.id }
  access_log_bucket = "${var.state_bucket}-access-logs"
}

# Object Storage knows static keys alone. This one goes from IAM into Lockbox, and people take it from there.
resource "yandex_lockbox_secret" "state_key" {
  folder_id           = var.folder_id
  name                = "${var.name}-state-key"
  description         = "Key of the account that reads and writes Terraform's states: access-key-id and secret-access-key."
  labels              = var.labels
  kms_key_id          = module.state.kms_key_id
  deletion_protection = true
}
