# What modules would take one by one, and not together. One run for each way of being wrong.
mock_provider "yandex" {
  source          = "../../environments/mocks"
  override_during = plan
}

variables {
  folder_id   = "b1g00000000000000000"
  name        = "retraining-test"
  environment = "staging"
  kubernetes  = { zones = ["ru-central1-a"], version = "1.33" }
}

run "refuses_a_folder_that_is_none" {
  command = plan

  variables {
    folder_id = "my-folder"
  }

  expect_failures = [var.folder_id]
}

run "refuses_an_environment_that_nobody_knows" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
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
    labels = { Team = "risk" }
  }

  expect_failures = [var.labels]
}

run "refuses_a_range_that_does_not_hold_all_subnets" {
  command = plan

  variables {
    network = { cidr = "10.10.0.0/19" }
  }

  expect_failures = [var.network]
}

run "refuses_a_range_that_holds_pods_too" {
  command = plan

  variables {
    network = { cidr = "10.0.0.0/8" }
  }

  expect_failures = [var.network]
}

run "refuses_an_address_that_nobody_may_ask" {
  command = plan

  variables {
    kubernetes = { zones = ["ru-central1-a"], version = "1.33", public_endpoint = true }
  }

  expect_failures = [var.kubernetes]
}

run "refuses_a_secret_of_a_person_that_is_made_here" {
  command = plan

  variables {
    secrets = { prefix = "test-", by_people = { serving = ["ADMIN_TOKEN"] } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_bucket_with_dots" {
  command = plan

  variables {
    storage = { bucket_prefix = "retraining.test" }
    secrets = { prefix = "test-" }
  }

  expect_failures = [var.storage]
}

run "refuses_buckets_whose_keys_have_no_place" {
  command = plan

  variables {
    storage = { bucket_prefix = "retraining-test" }
  }

  expect_failures = [var.storage]
}

run "refuses_a_database_whose_passwords_have_no_place" {
  command = plan

  variables {
    database = { zones = ["ru-central1-a"] }
  }

  expect_failures = [var.database]
}

run "refuses_a_key_of_prometheus_that_has_no_place" {
  command = plan

  variables {
    monitoring = { prometheus_workspace_id = "mon00000000000000000" }
  }

  expect_failures = [var.monitoring]
}

run "refuses_jobs_of_another_environment" {
  command = plan

  variables {
    ci = { federation_id = "aje00000000000000000", external_subject_id = "repo:example/retraining:environment:production" }
  }

  expect_failures = [var.ci]
}
