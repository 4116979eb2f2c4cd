# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {
  source          = "../mocks"
  override_during = plan
}

variables {
  folder_id = "b1g00000000000000000"
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
    ci = { federation_id = "aje00000000000000000", external_subject_id = "repo:example/retraining:environment:staging" }
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
