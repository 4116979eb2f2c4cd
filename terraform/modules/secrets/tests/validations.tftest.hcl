# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
  prefix    = "test-"
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
    name = "a23456789023456789023456789023456789023456789023x"
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

run "refuses_a_prefix_without_a_hyphen" {
  command = plan

  variables {
    prefix = "production"
  }

  expect_failures = [var.prefix]
}

run "refuses_a_secret_with_capitals" {
  command = plan

  variables {
    secrets = { Serving = { token = "token" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_secret_without_keys" {
  command = plan

  variables {
    secrets = { serving = {} }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_key_that_kubernetes_would_not_take" {
  command = plan

  variables {
    secrets = { serving = { "admin/token" = "token" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_value_from_nowhere" {
  command = plan

  variables {
    secrets = { serving = { token = "password" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_an_empty_text" {
  command = plan

  variables {
    secrets = { serving = { username = "text:" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_secret_that_is_half_from_elsewhere" {
  command = plan

  variables {
    secrets = { database = { username = "text:mlflow", password = "elsewhere" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_key_that_never_changes" {
  command = plan

  variables {
    key_rotation_days = 3650
  }

  expect_failures = [var.key_rotation_days]
}
