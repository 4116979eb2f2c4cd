# What the provider takes and the cloud, or we, would not. One run for each way of being wrong.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"

  network_id = "enp00000000000000000"
  subnets = {
    ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.0/20" }
    ru-central1-b = { id = "e2l00000000000000000", cidr = "10.10.16.0/20" }
    ru-central1-d = { id = "fl800000000000000000", cidr = "10.10.32.0/20" }
  }
  zones                            = ["ru-central1-a", "ru-central1-b", "ru-central1-d"]
  pods_cidr                        = "10.112.0.0/16"
  services_cidr                    = "10.96.0.0/16"
  control_plane_security_group_ids = ["enpcluster0000000000", "enpcontrol0000000000"]
  nodes_security_group_ids         = ["enpcluster0000000000", "enpnodes000000000000"]
  nodes_service_account_id         = "ajenodes000000000000"
  kubernetes_version               = "1.33"
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

run "refuses_a_subnet_that_is_an_address" {
  command = plan

  variables {
    subnets = { ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.5/20" } }
    zones   = ["ru-central1-a"]
  }

  expect_failures = [var.subnets]
}

run "refuses_two_zones" {
  command = plan

  variables {
    zones = ["ru-central1-a", "ru-central1-b"]
  }

  expect_failures = [var.zones]
}

run "refuses_a_zone_named_thrice" {
  command = plan

  variables {
    zones = ["ru-central1-a", "ru-central1-a", "ru-central1-a"]
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

run "refuses_a_range_of_pods_that_is_an_address" {
  command = plan

  variables {
    pods_cidr = "10.112.0.1/16"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_a_range_of_pods_too_small_for_all_nodes" {
  command = plan

  variables {
    pods_cidr      = "10.112.0.0/20"
    platform_nodes = { max_nodes = 12 }
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_a_range_of_pods_that_holds_a_subnet" {
  command = plan

  variables {
    pods_cidr = "10.0.0.0/12"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_a_range_of_services_wider_than_the_cloud_takes" {
  command = plan

  variables {
    services_cidr = "10.64.0.0/11"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_a_range_of_services_among_the_pods" {
  command = plan

  variables {
    services_cidr = "10.112.64.0/20"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_a_control_plane_in_no_security_group" {
  command = plan

  variables {
    control_plane_security_group_ids = []
  }

  expect_failures = [var.control_plane_security_group_ids]
}

run "refuses_nodes_in_no_security_group" {
  command = plan

  variables {
    nodes_security_group_ids = []
  }

  expect_failures = [var.nodes_security_group_ids]
}

run "refuses_a_version_with_its_patch" {
  command = plan

  variables {
    kubernetes_version = "1.33.2"
  }

  expect_failures = [var.kubernetes_version]
}

run "refuses_a_version_that_no_chart_installs_on" {
  command = plan

  variables {
    kubernetes_version = "1.29"
  }

  expect_failures = [var.kubernetes_version]
}

run "refuses_a_channel_in_lower_case" {
  command = plan

  variables {
    release_channel = "stable"
  }

  expect_failures = [var.release_channel]
}

run "refuses_platform_on_a_platform_that_is_none" {
  command = plan

  variables {
    platform_nodes = { platform_id = "standard-v9" }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_on_machines_that_do_not_exist" {
  command = plan

  variables {
    platform_nodes = { cores = 48, memory_gb = 672 }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_on_machines_too_small_for_it" {
  command = plan

  variables {
    platform_nodes = { cores = 2, memory_gb = 4 }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_on_disks_that_do_not_exist" {
  command = plan

  variables {
    platform_nodes = { disk_type = "ssd" }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_on_disks_smaller_than_the_cloud_takes" {
  command = plan

  variables {
    platform_nodes = { disk_gb = 32 }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_on_disks_of_a_size_that_does_not_exist" {
  command = plan

  variables {
    platform_nodes = { disk_type = "network-ssd-io-m3", disk_gb = 100 }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_of_fewer_nodes_than_are_there_at_rest" {
  command = plan

  variables {
    platform_nodes = { max_nodes = 2 }
    zones          = ["ru-central1-a"]
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_platform_of_a_number_that_three_zones_do_not_share" {
  command = plan

  variables {
    platform_nodes = { max_nodes = 7 }
  }

  expect_failures = [var.platform_nodes]
}

run "refuses_training_in_a_zone_without_the_cluster" {
  command = plan

  variables {
    training_nodes = { zone = "ru-central1-d" }
    zones          = ["ru-central1-a"]
  }

  expect_failures = [var.training_nodes]
}

run "refuses_training_on_a_platform_that_is_none" {
  command = plan

  variables {
    training_nodes = { platform_id = "standard-v9" }
  }

  expect_failures = [var.training_nodes]
}

run "refuses_training_on_machines_that_do_not_exist" {
  command = plan

  variables {
    training_nodes = { cores = 48, memory_gb = 672 }
  }

  expect_failures = [var.training_nodes]
}

run "refuses_training_on_disks_that_do_not_exist" {
  command = plan

  variables {
    training_nodes = { disk_type = "ssd" }
  }

  expect_failures = [var.training_nodes]
}

run "refuses_training_on_disks_smaller_than_the_cloud_takes" {
  command = plan

  variables {
    training_nodes = { disk_gb = 32 }
  }

  expect_failures = [var.training_nodes]
}

run "refuses_training_on_disks_of_a_size_that_does_not_exist" {
  command = plan

  variables {
    training_nodes = { disk_type = "network-ssd-io-m3", disk_gb = 100 }
  }

  expect_failures = [var.training_nodes]
}

run "refuses_training_without_end" {
  command = plan

  variables {
    training_nodes = { max_nodes = 100 }
  }

  expect_failures = [var.training_nodes]
}

run "refuses_maintenance_on_a_day_that_is_none" {
  command = plan

  variables {
    maintenance = { days = ["Sunday"] }
  }

  expect_failures = [var.maintenance]
}

run "refuses_maintenance_at_an_hour_that_is_none" {
  command = plan

  variables {
    maintenance = { start_time = "24:00" }
  }

  expect_failures = [var.maintenance]
}

run "refuses_maintenance_of_an_hour" {
  command = plan

  variables {
    maintenance = { duration_h = 1 }
  }

  expect_failures = [var.maintenance]
}

run "refuses_logs_without_a_group" {
  command = plan

  variables {
    control_plane_logs = { log_group_id = null }
  }

  expect_failures = [var.control_plane_logs]
}

run "refuses_access_with_a_role_beyond_the_api" {
  command = plan

  variables {
    api_access = { ci = { member = "serviceAccount:aje00000000000000000", role = "editor", reason = "It installs releases." } }
  }

  expect_failures = [var.api_access]
}

run "refuses_access_of_everybody" {
  command = plan

  variables {
    api_access = { all = { member = "system:allUsers", role = "k8s.cluster-api.viewer", reason = "They look." } }
  }

  expect_failures = [var.api_access]
}

run "refuses_access_without_a_reason" {
  command = plan

  variables {
    api_access = { ci = { member = "serviceAccount:aje00000000000000000", role = "k8s.cluster-api.editor", reason = " " } }
  }

  expect_failures = [var.api_access]
}

run "refuses_a_key_that_lives_for_ten_years" {
  command = plan

  variables {
    key_rotation_days = 3650
  }

  expect_failures = [var.key_rotation_days]
}
