mock_provider "yandex" {}

variables {
  folder_id         = "b1g00000000000000000"
  name              = "retraining-test"
  access_log_bucket = "retraining-test-access-logs"
  buckets = {
    models = {
      name        = "retraining-test-mlflow"
      expire_days = { "tmp/" = 7, "logs/airflow/" = 90 }
      accounts = {
        mlflow = { role = "storage.uploader", reason = "Keeps artifacts." }
        reader = { role = "storage.viewer", reason = "Reads artifacts." }
        audit  = { role = "storage.viewer", reason = "Reads artifacts once a year." }
      }
    }
    state = {
      name              = "retraining-test-state"
      old_versions_days = 365
      accounts          = { terraform = { role = "storage.editor", reason = "Deletes its lock." } }
    }
  }
  access_keys = { mlflow = "e6q00000000000000000" }
}

run "old_versions_stay_as_long_as_was_said" {
  command = plan

  assert {
    condition = {
      for key, bucket in yandex_storage_bucket.this : key => one(flatten([
        for rule in bucket.lifecycle_rule : [for old in rule.noncurrent_version_expiration : old.days] if rule.id == "what-is-no-longer-there"
      ]))
    } == { models = 90, state = 365 }
    error_message = "90 days, or what was said."
  }

  assert {
    condition = alltrue([
      for bucket in values(yandex_storage_bucket.this) : bucket.lifecycle_rule[0].enabled && bucket.lifecycle_rule[0].abort_incomplete_multipart_upload_days == 7
    ])
    error_message = "Uploads that nobody finished are cleared away."
  }
}

run "only_what_was_named_expires" {
  command = plan

  assert {
    condition = {
      for rule in yandex_storage_bucket.this["models"].lifecycle_rule : rule.filter[0].prefix => rule.expiration[0].days if length(rule.filter) > 0
    } == { "tmp/" = 7, "logs/airflow/" = 90 }
    error_message = "Each prefix expires after its days."
  }

  assert {
    condition = alltrue(flatten([
      for bucket in values(yandex_storage_bucket.this) : [
        for rule in bucket.lifecycle_rule : [for expiry in rule.expiration : expiry.days == null || expiry.days == 0] if length(rule.filter) == 0
      ]
    ]))
    error_message = "No rule without a prefix deletes what is still there."
  }

  assert {
    condition     = length(distinct([for rule in yandex_storage_bucket.this["models"].lifecycle_rule : rule.id])) == 3
    error_message = "Rules have names of their own."
  }
}

run "keys_go_to_lockbox" {
  # Applied to a mock, so that ids are there to compare.
  command = apply

  assert {
    condition     = keys(yandex_iam_service_account_static_access_key.this) == ["mlflow"]
    error_message = "Only who was named gets a key."
  }

  assert {
    condition     = yandex_iam_service_account_static_access_key.this["mlflow"].service_account_id == output.service_account_ids["mlflow"]
    error_message = "The key is of the account."
  }

  assert {
    condition = one(yandex_iam_service_account_static_access_key.this["mlflow"].output_to_lockbox) == {
      secret_id            = "e6q00000000000000000"
      entry_for_access_key = "access-key-id"
      entry_for_secret_key = "secret-access-key"
    }
    error_message = "It goes to the secret, under the keys that the charts know."
  }
}

run "outputs_tell_what_was_made" {
  command = apply

  assert {
    condition     = output.buckets == { models = "retraining-test-mlflow", state = "retraining-test-state" } && output.access_log_bucket == "retraining-test-access-logs"
    error_message = "Buckets by what they are for."
  }

  assert {
    condition     = keys(output.service_account_ids) == ["audit", "mlflow", "reader", "terraform"] && output.kms_key_id == yandex_kms_symmetric_key.objects.id
    error_message = "Accounts by name, and the key."
  }
}

run "the_example_has_the_buckets_that_production_names" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = "s3://${output.buckets.models}/artifacts" == yamldecode(file("${path.module}/../../../../../helm/values/production/platform.yaml")).mlflow.artifacts.destination
    error_message = "helm/values/production/platform.yaml: mlflow.artifacts.destination."
  }

  assert {
    condition = alltrue([
      for setting in ["DATASET_URI", "RETRAINING_WORKSPACE_URI"] :
      startswith(yamldecode(file("${path.module}/../../../../../helm/values/production/platform.yaml")).pipeline[setting], "s3://${output.buckets.pipeline}/")
    ])
    error_message = "helm/values/production/platform.yaml: pipeline."
  }

  assert {
    condition     = yamldecode(file("${path.module}/../../../../../helm/values/airflow/production.yaml")).config.logging.remote_base_log_folder == "s3://${output.buckets.pipeline}/logs/airflow"
    error_message = "helm/values/airflow/production.yaml: config.logging.remote_base_log_folder, whose files expire."
  }

  assert {
    condition     = output.endpoint == yamldecode(file("${path.module}/../../../../../helm/values/production/platform.yaml")).mlflow.artifacts.endpoint
    error_message = "helm/values/production/platform.yaml: mlflow.artifacts.endpoint."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name = "a234567890234567890234567890234567890x"
    buckets = {
      models = { name = "retraining-test-mlflow", accounts = { a23456789012345678901234 = { role = "storage.viewer", reason = "Has the longest name." } } }
    }
    access_keys = {}
  }

  assert {
    condition     = alltrue([for name in concat([yandex_kms_symmetric_key.objects.name], values(yandex_iam_service_account.this)[*].name) : length(name) <= 63])
    error_message = "The cloud takes names of at most 63 characters."
  }
}
