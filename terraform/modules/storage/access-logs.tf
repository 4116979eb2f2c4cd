# Who asked for what, when, and from where: written by Object Storage once an hour. Nobody else has a role in it.
resource "yandex_storage_bucket" "access_logs" {
  #checkov:skip=CKV_YC_3:Object Storage writes no logs into a bucket that is encrypted with a key of ours. They hold no content of objects.
  folder_id     = var.folder_id
  bucket        = var.access_log_bucket
  tags          = var.labels
  force_destroy = !var.deletion_protection

  anonymous_access_flags {
    read        = false
    list        = false
    config_read = false
  }

  versioning {
    enabled = true
  }

  lifecycle_rule {
    id      = "logs"
    enabled = true

    expiration {
      days = var.access_log_days
    }

    # A log that somebody deleted is there for as long again.
    noncurrent_version_expiration {
      days = var.access_log_days
    }
  }
}
