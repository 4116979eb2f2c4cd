# What the network lets through, said once more and apart from the rules: a change of either has to be meant. Applied to a
# mock: a set of rules has no length before its ids are known.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
}

run "nobody_comes_in_from_the_internet" {
  command = apply

  assert {
    condition = !anytrue(flatten([
      for group in [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes] : [
        for rule in group.ingress : contains(coalesce(rule.v4_cidr_blocks, []), "0.0.0.0/0") || length(coalesce(rule.v6_cidr_blocks, [])) > 0
      ]
    ]))
    error_message = "Without service_clients, no rule lets in the internet."
  }

  assert {
    condition     = toset(one([for rule in yandex_vpc_security_group.nodes.ingress : rule.v4_cidr_blocks if rule.from_port == 30000])) == toset(values(var.subnets))
    error_message = "Without service_clients, load balancers are for the subnets."
  }
}

run "clients_of_load_balancers_reach_node_ports_and_nothing_else" {
  command = apply

  variables {
    service_clients = ["0.0.0.0/0"]
  }

  assert {
    condition = flatten([
      for group in [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes] : [
        for rule in group.ingress : "${rule.protocol} ${rule.from_port}-${rule.to_port}" if contains(coalesce(rule.v4_cidr_blocks, []), "0.0.0.0/0")
      ]
    ]) == ["TCP 30000-32767"]
    error_message = "The internet reaches NodePorts, by TCP."
  }
}

run "nodes_reach_the_internet_on_four_ports" {
  command = apply

  assert {
    condition = toset([
      for rule in yandex_vpc_security_group.nodes.egress : "${rule.protocol} ${rule.port}" if contains(coalesce(rule.v4_cidr_blocks, []), "0.0.0.0/0")
    ]) == toset(["TCP 443", "TCP 80", "TCP 22", "UDP 123"])
    error_message = "https, http, ssh for Git and time: nothing else leaves for the internet."
  }

  assert {
    condition = !anytrue(flatten([
      for group in [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane] : [
        for rule in group.egress : contains(coalesce(rule.v4_cidr_blocks, []), "0.0.0.0/0")
      ]
    ]))
    error_message = "The control plane opens no connection to the internet from here."
  }
}

run "all_ports_are_open_only_among_ourselves" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for group in [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes] : [
        for rule in setunion(group.ingress, group.egress) :
        contains(["self_security_group", "loadbalancer_healthchecks"], coalesce(rule.predefined_target, "none")) ||
        toset(coalesce(rule.v4_cidr_blocks, [])) == toset([var.pods_cidr, var.services_cidr])
        if rule.from_port == 0
      ]
    ]))
    error_message = "A rule for all ports is for the group itself, for health checks, or for pods and Services."
  }
}

run "the_api_of_kubernetes_is_for_those_who_are_named" {
  command = apply

  variables {
    api_clients = ["203.0.113.0/28"]
  }

  assert {
    condition = alltrue([
      for rule in yandex_vpc_security_group.control_plane.ingress :
      contains([443, 6443], rule.port) && rule.protocol == "TCP" && rule.v4_cidr_blocks == tolist(["203.0.113.0/28"])
    ]) && length(yandex_vpc_security_group.control_plane.ingress) == 2
    error_message = "The two ports of the API, from the ranges that were given."
  }
}

run "without_clients_of_the_api_nobody_reaches_it_but_nodes" {
  command = apply

  assert {
    condition     = length(yandex_vpc_security_group.control_plane.ingress) == 0
    error_message = "No rule for the API where nobody was named."
  }
}

run "the_control_plane_calls_pods_on_known_ports" {
  command = apply

  assert {
    condition = (
      toset([for rule in yandex_vpc_security_group.control_plane.egress : rule.port]) == toset([4443, 9443, 10250]) &&
      alltrue([for rule in yandex_vpc_security_group.control_plane.egress : rule.v4_cidr_blocks == tolist([var.pods_cidr])])
    )
    error_message = "The metrics server and the webhooks of operators, in pods."
  }
}

run "nobody_logs_in_to_nodes" {
  command = apply

  variables {
    service_clients = ["0.0.0.0/0"]
    api_clients     = ["203.0.113.0/28"]
  }

  assert {
    condition = !anytrue(flatten([
      for group in [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes] : [
        for rule in group.ingress : rule.port == 22
      ]
    ]))
    error_message = "No rule is for ssh."
  }
}

run "what_has_no_group_gets_nothing_through" {
  command = apply

  assert {
    condition     = length(yandex_vpc_default_security_group.closed.ingress) == 0 && length(yandex_vpc_default_security_group.closed.egress) == 0
    error_message = "The network's default group has no rule."
  }
}

run "every_rule_says_what_it_is_for" {
  command = apply

  variables {
    api_clients = ["203.0.113.0/28"]
  }

  assert {
    condition = alltrue(flatten([
      for group in [yandex_vpc_security_group.cluster, yandex_vpc_security_group.control_plane, yandex_vpc_security_group.nodes] : [
        for rule in setunion(group.ingress, group.egress) : length(rule.description) > 0
      ]
    ]))
    error_message = "Each rule has a description."
  }
}
