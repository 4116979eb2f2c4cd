mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
}

run "three_zones_behind_one_nat_gateway" {
  command = plan

  assert {
    condition     = toset(keys(yandex_vpc_subnet.this)) == toset(["ru-central1-a", "ru-central1-b", "ru-central1-d"])
    error_message = "There is a subnet in each of three zones."
  }

  assert {
    condition     = alltrue([for zone, subnet in yandex_vpc_subnet.this : subnet.zone == zone && subnet.v4_cidr_blocks == tolist([var.subnets[zone]])])
    error_message = "Each subnet has its zone's range and no other."
  }

  assert {
    condition     = length(yandex_vpc_gateway.nat.shared_egress_gateway) == 1
    error_message = "The gateway is a NAT gateway."
  }

  assert {
    condition     = [for route in yandex_vpc_route_table.nat.static_route : route.destination_prefix] == ["0.0.0.0/0"]
    error_message = "All that is not in the network goes through the gateway."
  }
}

run "what_is_made_is_tied_together" {
  # Applied to a mock, so that ids are there to compare.
  command = apply

  assert {
    condition     = alltrue([for subnet in yandex_vpc_subnet.this : subnet.route_table_id == yandex_vpc_route_table.nat.id && subnet.network_id == yandex_vpc_network.this.id])
    error_message = "Every subnet is of the network and behind the gateway."
  }

  assert {
    condition     = [for route in yandex_vpc_route_table.nat.static_route : route.gateway_id] == [yandex_vpc_gateway.nat.id]
    error_message = "The route leads to the NAT gateway."
  }

  assert {
    condition     = output.subnets["ru-central1-b"] == { id = yandex_vpc_subnet.this["ru-central1-b"].id, cidr = "10.10.16.0/20" }
    error_message = "Subnets are told by zone."
  }

  assert {
    condition = (
      toset(output.control_plane_security_group_ids) == toset([yandex_vpc_security_group.cluster.id, yandex_vpc_security_group.control_plane.id]) &&
      toset(output.nodes_security_group_ids) == toset([yandex_vpc_security_group.cluster.id, yandex_vpc_security_group.nodes.id]) &&
      output.nodes_security_group_id == yandex_vpc_security_group.nodes.id
    )
    error_message = "Control plane and nodes share one group, and each has one of its own."
  }
}

run "every_name_and_label_is_the_environment_s" {
  command = plan

  variables {
    labels = { environment = "test" }
  }

  assert {
    condition = alltrue([
      for made in concat(
        [yandex_vpc_network.this, yandex_vpc_gateway.nat, yandex_vpc_route_table.nat],
        [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes],
        values(yandex_vpc_subnet.this),
      ) : startswith(made.name, "retraining-test") && made.labels == tomap({ environment = "test" }) && made.folder_id == "b1g00000000000000000"
    ])
    error_message = "All that is made begins with the name, has the labels and is in the folder."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name = "a234567890234567890234567890234567890234567x"
  }

  assert {
    condition = alltrue([
      for made in concat(
        [yandex_vpc_gateway.nat, yandex_vpc_route_table.nat],
        [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes],
        values(yandex_vpc_subnet.this),
      ) : length(made.name) <= 63
    ])
    error_message = "The cloud takes names of at most 63 characters."
  }
}

run "the_example_plans" {
  command = plan

  variables {
    folder_id = "b1g00000000000000000"
  }

  module {
    source = "./examples/basic"
  }
}
