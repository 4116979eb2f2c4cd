# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {
  source          = "../mocks"
  override_during = plan
}

variables {
  folder_id       = "b1g00000000000000000"
  host            = "scoring.staging.example.com"
  dns_zone        = { domain = "staging.example.com" }
  allowed_clients = ["203.0.113.0/24"]
}

run "refuses_a_folder_that_is_none" {
  command = plan

  variables {
    folder_id = "my-folder"
  }

  expect_failures = [var.folder_id]
}

run "refuses_a_patch_version" {
  command = plan

  variables {
    kubernetes_version = "1.33.2"
  }

  expect_failures = [var.kubernetes_version]
}

run "refuses_the_whole_internet_at_the_api" {
  command = plan

  variables {
    api_clients = ["0.0.0.0/0"]
  }

  expect_failures = [var.api_clients]
}

run "refuses_jobs_of_another_environment" {
  command = plan

  variables {
    ci = { federation_id = "aje00000000000000000", external_subject_id = "repo:example/retraining:environment:production" }
  }

  expect_failures = [var.ci]
}

run "refuses_a_zone_that_takes_nothing_new" {
  command = plan

  variables {
    zone = "ru-central1-c"
  }

  expect_failures = [var.zone]
}

run "refuses_a_host_that_is_no_whole_name" {
  command = plan

  variables {
    host = "scoring"
  }

  expect_failures = [var.host]
}

run "refuses_a_zone_that_is_there_and_made" {
  command = plan

  variables {
    dns_zone = { id = "dns00000000000000000", domain = "example.com" }
  }

  expect_failures = [var.dns_zone]
}

run "refuses_a_bucket_with_dots" {
  command = plan

  variables {
    bucket_prefix = "retraining.example"
  }

  expect_failures = [var.bucket_prefix]
}

run "refuses_a_workspace_that_is_none" {
  command = plan

  variables {
    prometheus_workspace_id = "workspace"
  }

  expect_failures = [var.prometheus_workspace_id]
}

run "refuses_to_be_open_to_everybody" {
  command = plan

  variables {
    allowed_clients = []
  }

  expect_failures = [var.allowed_clients]
}
