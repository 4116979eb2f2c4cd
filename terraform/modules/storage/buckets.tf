resource "yandex_storage_bucket" "this" {
  for_each = var.buckets

  folder_id     = var.folder_id
  bucket        = each.value.name
  tags          = var.labels
  force_destroy = !var.deletion_protection

  anonymous_access_flags {
    read        = false
    list        = false
    config_read = false
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = yandex_kms_symmetric_key.objects.id
      }
    }
  }

  versioning {
    enabled = true
  }

  lifecycle_rule {
    id                                     = "what-is-no-longer-there"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7

    noncurrent_version_expiration {
      days = each.value.old_versions_days
    }

    # What is left of an object when its last version has gone.
    expiration {
      expired_object_delete_marker = true
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.expire_days
    iterator = expiry
    content {
      id      = "expire-${replace(expiry.key, "/[^-_0-9a-zA-Z]/", "-")}"
      enabled = true

      filter {
        prefix = expiry.key
      }

      expiration {
        days = expiry.value
      }
    }
  }

  logging {
    target_bucket = yandex_storage_bucket.access_logs.bucket
    target_prefix = "${each.value.name}/"
  }
}
