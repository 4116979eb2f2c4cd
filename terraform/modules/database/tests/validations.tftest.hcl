# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {}

variables {
  folder_id  = "b1g00000000000000000"
  name       = "retraining-test"
  network_id = "enp00000000000000000"
  subnets = {
    ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.0/20" }
    ru-central1-b = { id = "e2l00000000000000000", cidr = "10.10.16.0/20" }
    ru-central1-d = { id = "fl800000000000000000", cidr = "10.10.32.0/20" }
  }
  zones                   = ["ru-central1-a"]
  nodes_security_group_id = "enp00000000000000001"
  secret_ids              = { mlflow-database = "e6q00000000000000001", airflow-database = "e6q00000000000000002" }
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
    name = "a234567890234567890234567890234567890234567890234567x"
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

run "refuses_two_hosts" {
  command = plan

  variables {
    zones = ["ru-central1-a", "ru-central1-b"]
  }

  expect_failures = [var.zones]
}

run "refuses_a_zone_without_a_subnet" {
  command = plan

  variables {
    zones = ["ru-central1-e"]
  }

  expect_failures = [var.zones]
}

run "refuses_a_version_that_is_on_its_way_out" {
  command = plan

  variables {
    postgresql_version = "12"
  }

  expect_failures = [var.postgresql_version]
}

run "refuses_a_class_that_is_on_its_way_out" {
  command = plan

  variables {
    host_preset = "s1.micro"
  }

  expect_failures = [var.host_preset]
}

run "refuses_a_local_disk" {
  command = plan

  variables {
    disk = { type = "local-ssd", size_gb = 100, limit_gb = 200 }
  }

  expect_failures = [var.disk]
}

run "refuses_a_disk_too_small" {
  command = plan

  variables {
    disk = { size_gb = 5 }
  }

  expect_failures = [var.disk]
}

run "refuses_a_disk_that_cannot_grow" {
  command = plan

  variables {
    disk = { size_gb = 50, limit_gb = 50 }
  }

  expect_failures = [var.disk]
}

run "refuses_a_size_that_the_type_has_not" {
  command = plan

  variables {
    disk = { type = "network-ssd-io-m3", size_gb = 93, limit_gb = 200 }
  }

  expect_failures = [var.disk]
}

run "refuses_one_host_on_disks_without_a_copy" {
  command = plan

  variables {
    disk = { type = "network-ssd-nonreplicated", size_gb = 93, limit_gb = 186 }
  }

  expect_failures = [var.disk]
}

run "refuses_too_few_connections" {
  command = plan

  variables {
    connections = { mlflow = 5 }
  }

  expect_failures = [var.connections]
}

run "refuses_more_connections_than_a_small_host_has" {
  command = plan

  variables {
    host_preset = "b2.medium"
    connections = { mlflow = 86 }
  }

  expect_failures = [var.connections]
}

run "refuses_a_backup_at_no_hour" {
  command = plan

  variables {
    backup = { hour = 24 }
  }

  expect_failures = [var.backup]
}

run "refuses_backups_that_go_in_a_day" {
  command = plan

  variables {
    backup = { retain_days = 1 }
  }

  expect_failures = [var.backup]
}

run "refuses_maintenance_on_no_day" {
  command = plan

  variables {
    maintenance = { day = "SUNDAY" }
  }

  expect_failures = [var.maintenance]
}

run "refuses_maintenance_at_no_hour" {
  command = plan

  variables {
    maintenance = { hour = 0 }
  }

  expect_failures = [var.maintenance]
}

run "refuses_a_secret_that_is_not_there" {
  command = plan

  variables {
    secret_ids = { mlflow-database = "e6q00000000000000001" }
  }

  expect_failures = [var.secret_ids]
}

run "refuses_a_key_that_never_changes" {
  command = plan

  variables {
    key_rotation_days = 3650
  }

  expect_failures = [var.key_rotation_days]
}
