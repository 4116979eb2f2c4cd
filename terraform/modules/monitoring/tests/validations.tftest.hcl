# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
}

run "refuses_a_folder_that_is_none" {
  command = plan

  variables {
    folder_id = "my-folder"
  }

  expect_failures = [var.folder_id]
}

run "refuses_a_name_too_long_for_its_suffixes" {
  command = plan

  variables {
    name = "a23456789023456789023456789023456789023x"
  }

  expect_failures = [var.name]
}

run "refuses_a_label_with_capitals" {
  command = plan

  variables {
    labels = { Environment = "test" }
  }

  expect_failures = [var.labels]
}

run "refuses_logs_that_go_at_once" {
  command = plan

  variables {
    log_retention_hours = 0
  }

  expect_failures = [var.log_retention_hours]
}

run "refuses_a_workspace_that_is_none" {
  command = plan

  variables {
    remote_write = { workspace_id = "my-workspace", kms_key_id = "abj00000000000000000" }
  }

  expect_failures = [var.remote_write]
}

run "refuses_a_key_that_expires_at_no_time" {
  command = plan

  variables {
    remote_write = { workspace_id = "mon00000000000000000", kms_key_id = "abj00000000000000000", key_expires_at = "next year" }
  }

  expect_failures = [var.remote_write]
}
