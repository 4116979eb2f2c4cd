# Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
  labels    = { environment = "test" }

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

run "three_zones_have_a_control_plane_and_a_node_each" {
  command = apply

  assert {
    condition = { for location in yandex_kubernetes_cluster.this.master[0].master_location : location.zone => location.subnet_id } == {
      ru-central1-a = "e9b00000000000000000"
      ru-central1-b = "e2l00000000000000000"
      ru-central1-d = "fl800000000000000000"
    }
    error_message = "A host of the control plane in each zone, in its subnet."
  }

  assert {
    condition = {
      for key, group in yandex_kubernetes_node_group.this : key => join(" ", [
        one(group.allocation_policy[0].location).zone, one(one(group.instance_template[0].network_interface).subnet_ids),
        group.scale_policy[0].auto_scale[0].min, group.scale_policy[0].auto_scale[0].initial, group.scale_policy[0].auto_scale[0].max,
      ])
      } == {
      platform-a = "ru-central1-a e9b00000000000000000 1 1 2"
      platform-b = "ru-central1-b e2l00000000000000000 1 1 2"
      platform-d = "ru-central1-d fl800000000000000000 1 1 2"
      training   = "ru-central1-a e9b00000000000000000 0 0 2"
    }
    error_message = "A group of each zone, with the subnet of that zone, starts with what it has at rest, and grows to its part of max_nodes."
  }

  assert {
    condition     = sum([for group in values(output.node_groups) : group.min]) == 3
    error_message = "Three nodes at rest."
  }

  assert {
    condition     = output.ceiling == { nodes = 8, cores = 40, memory_gb = 160, disk_gb = 768 }
    error_message = "Six nodes of 4 cores, 16 GB and 96 GB of disk, and two of 8, 32 and 96, are the most there can be."
  }

  assert {
    condition     = alltrue([for key, group in output.node_groups : group.id == yandex_kubernetes_node_group.this[key].id])
    error_message = "The output has the id of each group."
  }

  assert {
    condition     = toset([for window in yandex_kubernetes_cluster.this.master[0].maintenance_policy[0].maintenance_window : "${window.day} ${window.start_time} ${window.duration}"]) == toset(["tuesday 22:00 4h", "wednesday 22:00 4h"])
    error_message = "From 22:00 UTC, which is one at night in Moscow, for four hours."
  }
}

run "one_zone_has_three_nodes_too" {
  command = apply

  variables {
    zones          = ["ru-central1-b"]
    platform_nodes = { max_nodes = 4, preemptible = true }
    training_nodes = { preemptible = true }
  }

  assert {
    condition     = [for location in yandex_kubernetes_cluster.this.master[0].master_location : "${location.zone} ${location.subnet_id}"] == ["ru-central1-b e2l00000000000000000"]
    error_message = "One host of the control plane."
  }

  assert {
    condition = { for key, group in output.node_groups : key => "${group.pool} ${group.zone} ${group.min} ${group.max}" } == {
      platform-b = "platform ru-central1-b 3 4"
      training   = "training ru-central1-b 0 2"
    }
    error_message = "One group of three, and training beside it."
  }

  assert {
    condition     = output.ceiling == { nodes = 6, cores = 32, memory_gb = 128, disk_gb = 576 }
    error_message = "Four nodes and two."
  }

  assert {
    condition     = alltrue([for group in values(yandex_kubernetes_node_group.this) : group.instance_template[0].scheduling_policy[0].preemptible])
    error_message = "Where it was said, nodes are preemptible."
  }
}

run "pools_are_told_apart_as_the_charts_expect" {
  command = apply

  assert {
    condition = { for key, group in yandex_kubernetes_node_group.this : key => jsonencode(group.node_labels) } == {
      platform-a = "{\"node-pool\":\"platform\"}"
      platform-b = "{\"node-pool\":\"platform\"}"
      platform-d = "{\"node-pool\":\"platform\"}"
      training   = "{\"node-pool\":\"training\"}"
    }
    error_message = "A label says the pool."
  }

  assert {
    condition = { for key, group in yandex_kubernetes_node_group.this : key => group.node_taints if length(coalesce(group.node_taints, [])) > 0 } == {
      training = tolist(["dedicated=training:NoSchedule"])
    }
    error_message = "Only what tolerates it comes to the training pool, and it keeps nothing from the platform's."
  }

  # What Airflow's pods select and tolerate.
  assert {
    condition = alltrue([
      for environment in ["staging", "production"] : (
        tomap(yamldecode(file("../../../helm/values/airflow/${environment}.yaml")).nodeSelector) == yandex_kubernetes_node_group.this["platform-a"].node_labels &&
        tomap(yamldecode(file("../../../helm/values/airflow/${environment}.yaml")).workers.nodeSelector) == yandex_kubernetes_node_group.this["training"].node_labels &&
        tolist([for it in yamldecode(file("../../../helm/values/airflow/${environment}.yaml")).workers.tolerations : "${it.key}=${it.value}:${it.effect}"]) == yandex_kubernetes_node_group.this["training"].node_taints
      )
    ])
    error_message = "helm/values/airflow names other labels or another taint."
  }

  assert {
    condition     = alltrue([for key, group in yandex_kubernetes_node_group.this : group.instance_template[0].labels == tomap({ environment = "test", node-pool = output.node_groups[key].pool })])
    error_message = "The bill tells the pools apart."
  }
}

run "nodes_and_upgrades_are_what_was_asked_for" {
  command = apply

  variables {
    platform_nodes     = { platform_id = "standard-v2", cores = 2, memory_gb = 8, core_fraction = 50, disk_type = "network-hdd", disk_gb = 64, max_nodes = 3 }
    release_channel    = "STABLE"
    kubernetes_version = "1.30"
    maintenance        = { days = ["sunday"], start_time = "23:30", duration_h = 3 }
    training_nodes     = { zone = "ru-central1-d", platform_id = "highfreq-v4a", cores = 24, memory_gb = 240, disk_type = "network-ssd-io-m3", disk_gb = 186, max_nodes = 5 }
  }

  assert {
    condition = {
      for key, group in yandex_kubernetes_node_group.this : key => join(" ", [
        group.instance_template[0].platform_id, group.instance_template[0].resources[0].cores, group.instance_template[0].resources[0].memory,
        group.instance_template[0].resources[0].core_fraction, group.instance_template[0].boot_disk[0].type, group.instance_template[0].boot_disk[0].size,
        group.instance_template[0].scheduling_policy[0].preemptible, one(group.allocation_policy[0].location).zone, group.scale_policy[0].auto_scale[0].max,
      ])
      } == {
      platform-a = "standard-v2 2 8 50 network-hdd 64 false ru-central1-a 1"
      platform-b = "standard-v2 2 8 50 network-hdd 64 false ru-central1-b 1"
      platform-d = "standard-v2 2 8 50 network-hdd 64 false ru-central1-d 1"
      training   = "highfreq-v4a 24 240 100 network-ssd-io-m3 186 false ru-central1-d 5"
    }
    error_message = "Each pool has its machines, and training its zone."
  }

  assert {
    condition     = yandex_kubernetes_cluster.this.release_channel == "STABLE"
    error_message = "From the channel that was asked for."
  }

  assert {
    condition = (
      yandex_kubernetes_cluster.this.master[0].maintenance_policy[0].auto_upgrade &&
      alltrue([for group in values(yandex_kubernetes_node_group.this) : group.maintenance_policy[0].auto_upgrade && group.maintenance_policy[0].auto_repair])
    )
    error_message = "Patches are installed, and nodes that fail are replaced."
  }

  assert {
    condition = toset([
      for window in concat(
        tolist(yandex_kubernetes_cluster.this.master[0].maintenance_policy[0].maintenance_window),
        flatten([for group in values(yandex_kubernetes_node_group.this) : tolist(group.maintenance_policy[0].maintenance_window)])
      ) : "${window.day} ${window.start_time} ${window.duration}"
    ]) == toset(["sunday 23:30 3h"])
    error_message = "Control plane and nodes have the windows that were said, and no other."
  }

  assert {
    condition = alltrue([
      for group in values(yandex_kubernetes_node_group.this) : group.deploy_policy[0].max_unavailable == 0 && group.deploy_policy[0].max_expansion == 1
    ])
    error_message = "A new node is there before an old one goes."
  }

  assert {
    condition     = toset([for chart in fileset("../../../helm", "*/Chart.yaml") : yamldecode(file("../../../helm/${chart}")).kubeVersion]) == toset([">=${local.oldest_version}.0-0"])
    error_message = "The charts' kubeVersion is another."
  }

  assert {
    condition = (
      yandex_kubernetes_cluster.this.master[0].version == "1.30" &&
      alltrue([for group in values(yandex_kubernetes_node_group.this) : group.version == "1.30"])
    )
    error_message = "Control plane and nodes have the version that was asked for."
  }
}

run "kubeconfig_is_for_the_address_in_the_network" {
  command = apply

  assert {
    condition = yamldecode(output.kubeconfig) == {
      apiVersion      = "v1"
      kind            = "Config"
      current-context = "retraining-test"
      clusters = [{
        name = "retraining-test"
        cluster = {
          server                     = yandex_kubernetes_cluster.this.master[0].internal_v4_endpoint
          certificate-authority-data = base64encode(yandex_kubernetes_cluster.this.master[0].cluster_ca_certificate)
        }
      }]
      contexts = [{ name = "retraining-test", context = { cluster = "retraining-test", user = "yc-retraining-test" } }]
      users = [{
        name = "yc-retraining-test"
        user = {
          exec = {
            apiVersion         = "client.authentication.k8s.io/v1beta1"
            command            = "yc"
            args               = ["managed-kubernetes", "create-token"]
            interactiveMode    = "IfAvailable"
            provideClusterInfo = false
            installHint        = "Install the command line of Yandex Cloud, and log in with `yc init`."
          }
        }
      }]
    }
    error_message = "It names the cluster and how to log in, and holds no token, key or password."
  }

  assert {
    condition = (
      output.endpoint == yandex_kubernetes_cluster.this.master[0].internal_v4_endpoint && output.cluster_id == yandex_kubernetes_cluster.this.id &&
      output.cluster_name == "retraining-test" && output.ca_certificate == yandex_kubernetes_cluster.this.master[0].cluster_ca_certificate
    )
    error_message = "Outputs are the cluster's."
  }
}

run "with_a_public_address_kubeconfig_is_for_that" {
  command = apply

  variables {
    public_endpoint = true
  }

  assert {
    condition = (
      output.endpoint == yandex_kubernetes_cluster.this.master[0].external_v4_endpoint &&
      yamldecode(output.kubeconfig).clusters[0].cluster.server == output.endpoint && output.endpoint != yandex_kubernetes_cluster.this.master[0].internal_v4_endpoint
    )
    error_message = "CI and people come from outside."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name = "a23456789023456789023456789023456789023456789023456x"
  }

  assert {
    condition = alltrue([
      for name in concat(
        [yandex_kubernetes_cluster.this.name, yandex_kms_symmetric_key.secrets.name, yandex_iam_service_account.cluster.name, yandex_iam_workload_identity_oidc_federation.cluster.name],
        values(yandex_kubernetes_node_group.this)[*].name
      ) : length(name) <= 63
    ]) && length(var.name) == 52
    error_message = "The cloud takes names of at most 63 characters."
  }
}

run "the_example_plans" {
  command = plan

  module {
    source = "./examples/basic"
  }
}
