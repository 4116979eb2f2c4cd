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
    name = "a2345678902345678902345678902345678902345678x"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_with_capitals" {
  command = plan

  variables {
    name = "Retraining"
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

run "refuses_two_zones" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.0/20", ru-central1-b = "10.10.16.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_zone_that_takes_nothing_new" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.0/20", ru-central1-b = "10.10.16.0/20", ru-central1-c = "10.10.32.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_range_that_is_none" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.0", ru-central1-b = "10.10.16.0/20", ru-central1-d = "10.10.32.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_range_with_an_address_of_a_host" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.1/20", ru-central1-b = "10.10.16.0/20", ru-central1-d = "10.10.32.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_subnet_for_a_dozen_nodes" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.0/28", ru-central1-b = "10.10.16.0/20", ru-central1-d = "10.10.32.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_two_subnets_of_one_range" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.0/20", ru-central1-b = "10.10.0.0/20", ru-central1-d = "10.10.32.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_subnet_within_another" {
  command = plan

  variables {
    subnets = { ru-central1-a = "10.10.0.0/16", ru-central1-b = "10.10.16.0/20", ru-central1-d = "10.11.0.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_subnets_of_public_addresses" {
  command = plan

  variables {
    subnets = { ru-central1-a = "203.0.0.0/20", ru-central1-b = "10.10.16.0/20", ru-central1-d = "10.10.32.0/20" }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_range_wider_than_the_private_one" {
  command = plan

  variables {
    services_cidr = "172.0.0.0/12"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_pods_without_a_range" {
  command = plan

  variables {
    pods_cidr = "10.112.0.0"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_too_few_addresses_for_pods" {
  command = plan

  variables {
    pods_cidr = "10.112.0.0/21"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_pods_in_a_subnet" {
  command = plan

  variables {
    pods_cidr = "10.10.0.0/20"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_pods_around_a_subnet" {
  command = plan

  variables {
    pods_cidr = "10.0.0.0/12"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_pods_of_public_addresses" {
  command = plan

  variables {
    pods_cidr = "203.0.0.0/16"
  }

  expect_failures = [var.pods_cidr]
}

run "refuses_too_few_addresses_for_services" {
  command = plan

  variables {
    services_cidr = "10.96.0.0/25"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_services_among_pods" {
  command = plan

  variables {
    services_cidr = "10.112.128.0/20"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_services_in_a_subnet" {
  command = plan

  variables {
    services_cidr = "10.10.40.0/24"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_services_of_public_addresses" {
  command = plan

  variables {
    services_cidr = "203.0.0.0/20"
  }

  expect_failures = [var.services_cidr]
}

run "refuses_the_api_of_kubernetes_for_everybody" {
  command = plan

  variables {
    api_clients = ["0.0.0.0/0"]
  }

  expect_failures = [var.api_clients]
}

run "refuses_clients_of_the_api_that_are_no_range" {
  command = plan

  variables {
    api_clients = ["203.0.113.5"]
  }

  expect_failures = [var.api_clients]
}

run "refuses_clients_of_services_that_are_no_range" {
  command = plan

  variables {
    service_clients = ["203.0.113.5/24"]
  }

  expect_failures = [var.service_clients]
}

run "refuses_a_protocol_that_has_no_ports" {
  command = plan

  variables {
    internet_ports = { ping = { protocol = "ICMP", port = 1, reason = "Ping" } }
  }

  expect_failures = [var.internet_ports]
}

run "refuses_a_port_beyond_the_last" {
  command = plan

  variables {
    internet_ports = { smtp = { protocol = "TCP", port = 65536, reason = "Mail" } }
  }

  expect_failures = [var.internet_ports]
}

run "refuses_a_port_without_a_reason" {
  command = plan

  variables {
    internet_ports = { smtp = { protocol = "TCP", port = 587, reason = " " } }
  }

  expect_failures = [var.internet_ports]
}

run "refuses_a_webhook_on_a_port_that_pods_have_not" {
  command = plan

  variables {
    webhook_ports = { kubelet = 443 }
  }

  expect_failures = [var.webhook_ports]
}
