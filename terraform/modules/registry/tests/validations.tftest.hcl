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
    name = "a2345678902345678902345678902345678902345678902345x"
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

run "refuses_a_scan_every_hour" {
  command = plan

  variables {
    rescan_days = 0.5
  }

  expect_failures = [var.rescan_days]
}

run "refuses_a_scan_a_year" {
  command = plan

  variables {
    rescan_days = 365
  }

  expect_failures = [var.rescan_days]
}
