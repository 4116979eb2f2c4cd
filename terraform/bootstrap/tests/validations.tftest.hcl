# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {}

variables {
  folder_id         = "b1g00000000000000000"
  state_bucket      = "test-retraining-terraform-state"
  operators         = ["userAccount:aje00000000000000000"]
  github_repository = "example/retraining"
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
    name = "a23456789012345678901234567890123456789"
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

run "refuses_a_bucket_whose_log_would_have_too_long_a_name" {
  command = plan

  variables {
    state_bucket = "a23456789012345678901234567890123456789012345678901"
  }

  expect_failures = [var.state_bucket]
}

run "refuses_a_program_as_an_operator" {
  command = plan

  variables {
    operators = ["serviceAccount:aje00000000000000000"]
  }

  expect_failures = [var.operators]
}

run "refuses_a_repository_without_an_owner" {
  command = plan

  variables {
    github_repository = "retraining"
  }

  expect_failures = [var.github_repository]
}

run "refuses_an_environment_that_nobody_knows" {
  command = plan

  variables {
    environments = ["prod"]
  }

  expect_failures = [var.environments]
}
