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
  balancer_subnets = {
    ru-central1-a = "10.10.48.0/26"
    ru-central1-b = "10.10.48.64/26"
    ru-central1-d = "10.10.48.128/26"
  }
  host     = "scoring.example.com"
  dns_zone = { domain = "example.com" }
  gateway  = { zone = "ru-central1-a", address = "10.10.0.100" }
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

run "refuses_a_label_with_capitals" {
  command = plan

  variables {
    labels = { Environment = "test" }
  }

  expect_failures = [var.labels]
}

run "refuses_a_network_that_is_none" {
  command = plan

  variables {
    network_id = "my-network"
  }

  expect_failures = [var.network_id]
}

run "refuses_a_subnet_without_a_range" {
  command = plan

  variables {
    subnets = { ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.0" } }
  }

  expect_failures = [var.subnets]
}

run "refuses_a_zone_that_takes_nothing_new" {
  command = plan

  variables {
    balancer_subnets = { ru-central1-c = "10.10.48.0/26" }
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_no_zone_at_all" {
  command = plan

  variables {
    balancer_subnets = {}
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_a_subnet_that_the_balancer_would_fill" {
  command = plan

  variables {
    balancer_subnets = { ru-central1-a = "10.10.48.0/28" }
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_a_range_with_an_address_of_a_host" {
  command = plan

  variables {
    balancer_subnets = { ru-central1-a = "10.10.48.1/26" }
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_a_balancer_among_nodes" {
  command = plan

  variables {
    balancer_subnets = { ru-central1-a = "10.10.15.0/26" }
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_two_zones_of_one_range" {
  command = plan

  variables {
    balancer_subnets = { ru-central1-a = "10.10.48.0/26", ru-central1-b = "10.10.48.0/27" }
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_public_addresses_inside" {
  command = plan

  variables {
    balancer_subnets = { ru-central1-a = "203.0.112.0/26" }
  }

  expect_failures = [var.balancer_subnets]
}

run "refuses_a_host_that_is_no_whole_name" {
  command = plan

  variables {
    host = "scoring"
  }

  expect_failures = [var.host]
}

run "refuses_a_host_with_a_dot_at_its_end" {
  command = plan

  variables {
    host = "scoring.example.com."
  }

  expect_failures = [var.host]
}

run "refuses_a_zone_that_is_there_and_is_to_be_made" {
  command = plan

  variables {
    dns_zone = { id = "dns00000000000000000", domain = "example.com" }
  }

  expect_failures = [var.dns_zone]
}

run "refuses_no_zone_for_names" {
  command = plan

  variables {
    dns_zone = {}
  }

  expect_failures = [var.dns_zone]
}

run "refuses_an_id_of_a_zone_that_is_none" {
  command = plan

  variables {
    dns_zone = { id = "example.com" }
  }

  expect_failures = [var.dns_zone]
}

run "refuses_a_domain_that_the_host_is_not_in" {
  command = plan

  variables {
    dns_zone = { domain = "ample.com" }
  }

  expect_failures = [var.dns_zone]
}

run "refuses_a_gateway_where_no_nodes_are" {
  command = plan

  variables {
    gateway = { zone = "ru-central1-e" }
  }

  expect_failures = [var.gateway]
}

run "refuses_a_gateway_s_address_of_another_zone" {
  command = plan

  variables {
    gateway = { zone = "ru-central1-a", address = "10.10.16.100" }
  }

  expect_failures = [var.gateway]
}

run "refuses_an_address_that_the_cloud_keeps" {
  command = plan

  variables {
    gateway = { zone = "ru-central1-a", address = "10.10.0.2" }
  }

  expect_failures = [var.gateway]
}

run "refuses_a_port_beyond_the_last" {
  command = plan

  variables {
    gateway = { zone = "ru-central1-a", port = 65536 }
  }

  expect_failures = [var.gateway]
}

run "refuses_a_client_that_is_no_range" {
  command = plan

  variables {
    allowed_clients = ["203.0.113.5"]
  }

  expect_failures = [var.allowed_clients]
}

run "refuses_the_internet_as_a_client_that_is_named" {
  command = plan

  variables {
    allowed_clients = ["0.0.0.0/0"]
  }

  expect_failures = [var.allowed_clients]
}

run "refuses_more_clients_than_a_rule_has" {
  command = plan

  variables {
    allowed_clients = [for i in range(51) : "203.0.113.${i}/32"]
  }

  expect_failures = [var.allowed_clients]
}

run "refuses_a_limit_of_nothing" {
  command = plan

  variables {
    requests_per_second = { client = 0 }
  }

  expect_failures = [var.requests_per_second]
}

run "refuses_a_client_that_may_more_than_all" {
  command = plan

  variables {
    requests_per_second = { client = 200, total = 100 }
  }

  expect_failures = [var.requests_per_second]
}

run "refuses_more_than_a_profile_looks_at" {
  command = plan

  variables {
    requests_per_second = { total = 20001 }
  }

  expect_failures = [var.requests_per_second]
}

run "refuses_a_captcha_of_no_known_hardness" {
  command = plan

  variables {
    captcha = { complexity = "IMPOSSIBLE" }
  }

  expect_failures = [var.captcha]
}

run "refuses_a_captcha_that_begins_in_no_known_way" {
  command = plan

  variables {
    captcha = { first = "SILHOUETTES" }
  }

  expect_failures = [var.captcha]
}

run "refuses_a_captcha_that_goes_on_in_no_known_way" {
  command = plan

  variables {
    captcha = { then = "CHECKBOX" }
  }

  expect_failures = [var.captcha]
}

run "refuses_fewer_units_than_the_cloud_makes" {
  command = plan

  variables {
    balancer_units = { min_per_zone = 1 }
  }

  expect_failures = [var.balancer_units]
}

run "refuses_a_ceiling_below_what_is_there_at_rest" {
  command = plan

  variables {
    balancer_units = { max = 5 }
  }

  expect_failures = [var.balancer_units]
}

run "refuses_more_units_than_subnets_have_room_for" {
  command = plan

  variables {
    balancer_units = { max = 91 }
  }

  expect_failures = [var.balancer_units]
}

run "refuses_a_log_group_that_is_none" {
  command = plan

  variables {
    log_group_id = "default"
  }

  expect_failures = [var.log_group_id]
}
