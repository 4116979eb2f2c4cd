locals {
  accounts = merge([
    for key, bucket in var.buckets : {
      for name, account in bucket.accounts : name => { bucket = key, role = account.role, reason = account.reason }
    }
  ]...)

  # A binding is all members of a role in a bucket: there must be one of each.
  bindings = merge([
    for key, bucket in var.buckets : {
      for role in distinct([for account in values(bucket.accounts) : account.role]) : "${key} ${role}" => {
        bucket   = key
        role     = role
        accounts = [for name, account in bucket.accounts : name if account.role == role]
      }
    }
  ]...)

  key_roles = {
    "storage.viewer"   = "kms.keys.decrypter"
    "storage.uploader" = "kms.keys.encrypterDecrypter"
    "storage.editor"   = "kms.keys.encrypterDecrypter"
  }
}

resource "yandex_iam_service_account" "this" {
  for_each = local.accounts

  folder_id   = var.folder_id
  name        = "${var.name}-${each.key}"
  description = "${each.value.role} in the bucket ${each.value.bucket}: ${each.value.reason}"
  labels      = var.labels
}

resource "yandex_storage_bucket_iam_binding" "this" {
  for_each = local.bindings

  bucket  = yandex_storage_bucket.this[each.value.bucket].bucket
  role    = each.value.role
  members = [for name in each.value.accounts : "serviceAccount:${yandex_iam_service_account.this[name].id}"]
}

resource "yandex_kms_symmetric_key_iam_member" "this" {
  for_each = local.accounts

  symmetric_key_id = yandex_kms_symmetric_key.objects.id
  role             = local.key_roles[each.value.role]
  member           = "serviceAccount:${yandex_iam_service_account.this[each.key].id}"
}

# MLflow, Airflow and Terraform speak S3, which knows static keys alone. They go to Lockbox, and not into the state.
resource "yandex_iam_service_account_static_access_key" "this" {
  for_each = var.access_keys

  service_account_id = yandex_iam_service_account.this[each.key].id
  description        = "S3, in the bucket ${local.accounts[each.key].bucket}."

  output_to_lockbox {
    secret_id            = each.value
    entry_for_access_key = "access-key-id"
    entry_for_secret_key = "secret-access-key"
  }
}
