# Who reaches the buckets, said once more and apart from the rules. Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id         = "b1g00000000000000000"
  name              = "retraining-test"
  access_log_bucket = "retraining-test-access-logs"
  buckets = {
    models = {
      name = "retraining-test-mlflow"
      accounts = {
        mlflow = { role = "storage.uploader", reason = "Keeps artifacts." }
        reader = { role = "storage.viewer", reason = "Reads artifacts." }
        audit  = { role = "storage.viewer", reason = "Reads artifacts once a year." }
      }
    }
    state = {
      name     = "retraining-test-state"
      accounts = { terraform = { role = "storage.editor", reason = "Deletes its lock." } }
    }
  }
}

run "every_bucket_is_private" {
  command = apply

  assert {
    condition = alltrue([
      for bucket in concat(values(yandex_storage_bucket.this), [yandex_storage_bucket.access_logs]) :
      one(bucket.anonymous_access_flags) == { read = false, list = false, config_read = false } && length(bucket.grant) == 0 && length(bucket.website) == 0
    ])
    error_message = "No bucket can be read, listed or looked into without an account, and none is a website."
  }
}

run "every_bucket_is_encrypted_with_a_key_of_ours" {
  command = apply

  assert {
    condition = alltrue([
      for bucket in values(yandex_storage_bucket.this) :
      one(bucket.server_side_encryption_configuration[0].rule[0].apply_server_side_encryption_by_default).sse_algorithm == "aws:kms" &&
      one(bucket.server_side_encryption_configuration[0].rule[0].apply_server_side_encryption_by_default).kms_master_key_id == yandex_kms_symmetric_key.objects.id
    ])
    error_message = "The cloud encrypts whatever is written."
  }

  assert {
    condition     = yandex_kms_symmetric_key.objects.rotation_period == "2160h" && yandex_kms_symmetric_key.objects.default_algorithm == "AES_256"
    error_message = "The key gets a new version every 90 days."
  }

  assert {
    condition     = length(yandex_storage_bucket.access_logs.server_side_encryption_configuration) == 0
    error_message = "The one exception: Object Storage writes no logs into a bucket that is encrypted with a key of ours."
  }
}

run "every_bucket_keeps_what_was_overwritten" {
  command = apply

  assert {
    condition = alltrue([
      for bucket in concat(values(yandex_storage_bucket.this), [yandex_storage_bucket.access_logs]) : bucket.versioning[0].enabled
    ])
    error_message = "Versions are kept in each bucket, also of logs."
  }
}

run "every_request_is_logged_where_nobody_writes" {
  command = apply

  assert {
    condition = {
      for key, bucket in yandex_storage_bucket.this : key => one(bucket.logging).target_prefix if one(bucket.logging).target_bucket == "retraining-test-access-logs"
    } == { models = "retraining-test-mlflow/", state = "retraining-test-state/" }
    error_message = "Each bucket logs below its own name."
  }

  assert {
    condition     = !contains([for binding in values(yandex_storage_bucket_iam_binding.this) : binding.bucket], "retraining-test-access-logs")
    error_message = "No account has a role in the bucket of logs."
  }

  assert {
    condition     = yandex_storage_bucket.access_logs.lifecycle_rule[0].expiration[0].days == 180
    error_message = "Requests stay for half a year."
  }
}

run "an_account_has_its_role_in_its_bucket_and_nowhere_else" {
  command = apply

  assert {
    condition = {
      for binding in values(yandex_storage_bucket_iam_binding.this) : "${binding.bucket} ${binding.role}" => binding.members
      } == {
      "retraining-test-mlflow storage.uploader" = toset(["serviceAccount:${yandex_iam_service_account.this["mlflow"].id}"])
      "retraining-test-mlflow storage.viewer" = toset([
        "serviceAccount:${yandex_iam_service_account.this["reader"].id}", "serviceAccount:${yandex_iam_service_account.this["audit"].id}"
      ])
      "retraining-test-state storage.editor" = toset(["serviceAccount:${yandex_iam_service_account.this["terraform"].id}"])
    }
    error_message = "One binding for each role of a bucket, with all who have it: two of one role would take it from each other."
  }

  assert {
    condition = {
      for name, grant in yandex_kms_symmetric_key_iam_member.this : name => grant.role
      if grant.member == "serviceAccount:${yandex_iam_service_account.this[name].id}" && grant.symmetric_key_id == yandex_kms_symmetric_key.objects.id
      } == {
      mlflow    = "kms.keys.encrypterDecrypter"
      reader    = "kms.keys.decrypter"
      audit     = "kms.keys.decrypter"
      terraform = "kms.keys.encrypterDecrypter"
    }
    error_message = "Who only reads does not encrypt."
  }

  assert {
    condition     = yandex_iam_service_account.this["terraform"].description == "storage.editor in the bucket state: Deletes its lock."
    error_message = "An account says its role, and why."
  }
}

run "no_key_is_made_that_nobody_asked_for" {
  command = apply

  assert {
    condition     = length(yandex_iam_service_account_static_access_key.this) == 0
    error_message = "Without access_keys there are none."
  }
}

run "data_refuses_to_be_deleted" {
  command = apply

  assert {
    condition = yandex_kms_symmetric_key.objects.deletion_protection && !anytrue([
      for bucket in concat(values(yandex_storage_bucket.this), [yandex_storage_bucket.access_logs]) : bucket.force_destroy
    ])
    error_message = "Unless it was said otherwise, neither a bucket with objects nor the key can be deleted."
  }
}

run "data_of_dev_may_be_deleted" {
  command = apply

  variables {
    deletion_protection = false
  }

  assert {
    condition = !yandex_kms_symmetric_key.objects.deletion_protection && alltrue([
      for bucket in concat(values(yandex_storage_bucket.this), [yandex_storage_bucket.access_logs]) : bucket.force_destroy
    ])
    error_message = "Where it was said, both can."
  }
}
