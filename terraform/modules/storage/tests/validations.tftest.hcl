# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {}

variables {
  folder_id         = "b1g00000000000000000"
  name              = "retraining-test"
  access_log_bucket = "retraining-test-access-logs"
  buckets           = { models = { name = "retraining-test-models" } }
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
    name = "a2345678902345678902345678902345678902x"
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

run "refuses_no_bucket" {
  command = plan

  variables {
    buckets = {}
  }

  expect_failures = [var.buckets]
}

run "refuses_a_bucket_with_a_dot" {
  command = plan

  variables {
    buckets = { a = { name = "retraining.test" } }
  }

  expect_failures = [var.buckets]
}

run "refuses_two_buckets_of_one_name" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a" }, b = { name = "retraining-test-a" } }
  }

  expect_failures = [var.buckets]
}

run "refuses_old_versions_that_go_in_a_day" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", old_versions_days = 1 } }
  }

  expect_failures = [var.buckets]
}

run "refuses_an_empty_prefix" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", expire_days = { "" = 30 } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_the_root_as_a_prefix" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", expire_days = { "/" = 30 } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_what_expires_before_it_is_written" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", expire_days = { "tmp/" = 0 } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_an_account_that_administers_a_bucket" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", accounts = { mlflow = { role = "storage.admin", reason = "Simpler." } } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_an_account_with_a_role_in_everything" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", accounts = { mlflow = { role = "editor", reason = "Simpler." } } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_an_account_without_a_reason" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", accounts = { mlflow = { role = "storage.viewer", reason = " " } } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_an_account_with_a_long_name" {
  command = plan

  variables {
    buckets = { a = { name = "retraining-test-a", accounts = { a234567890123456789012345 = { role = "storage.viewer", reason = "Reads." } } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_an_account_of_two_buckets" {
  command = plan

  variables {
    buckets = {
      a = { name = "retraining-test-a", accounts = { mlflow = { role = "storage.viewer", reason = "Reads." } } }
      b = { name = "retraining-test-b", accounts = { mlflow = { role = "storage.viewer", reason = "Reads." } } }
    }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_key_for_an_account_that_is_not_there" {
  command = plan

  variables {
    access_keys = { mlfow = "e6q00000000000000000" }
  }

  expect_failures = [var.access_keys]
}

run "refuses_a_bucket_of_logs_with_capitals" {
  command = plan

  variables {
    access_log_bucket = "Logs"
  }

  expect_failures = [var.access_log_bucket]
}

run "refuses_a_bucket_that_logs_to_itself" {
  command = plan

  variables {
    access_log_bucket = "retraining-test-models"
  }

  expect_failures = [var.access_log_bucket]
}

run "refuses_logs_that_go_in_a_day" {
  command = plan

  variables {
    access_log_days = 1
  }

  expect_failures = [var.access_log_days]
}

run "refuses_a_key_that_never_changes" {
  command = plan

  variables {
    key_rotation_days = 3650
  }

  expect_failures = [var.key_rotation_days]
}
