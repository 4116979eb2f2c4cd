locals {
  # At rest, in one zone or in three. A group that scales is in one zone, so that there is one for each.
  platform_nodes_at_rest = 3

  pools = {
    platform = var.platform_nodes
    training = var.training_nodes
  }

  node_groups = merge(
    {
      for zone in var.zones : "platform-${substr(zone, -1, 1)}" => {
        pool   = "platform"
        zone   = zone
        min    = local.platform_nodes_at_rest / length(var.zones)
        max    = ceil(var.platform_nodes.max_nodes / length(var.zones))
        taints = []
      }
    },
    {
      training = {
        pool   = "training"
        zone   = coalesce(var.training_nodes.zone, var.zones[0])
        min    = 0
        max    = var.training_nodes.max_nodes
        taints = ["dedicated=training:NoSchedule"]
      }
    },
  )

  # In an upgrade a group has one node more.
  surge      = 1
  most_nodes = sum(values(local.node_groups)[*].max) + local.surge * length(local.node_groups)
}

resource "yandex_kubernetes_node_group" "this" {
  for_each = local.node_groups

  cluster_id  = yandex_kubernetes_cluster.this.id
  name        = "${var.name}-${each.key}"
  description = "${each.value.min} to ${each.value.max} nodes for ${each.value.pool}, in ${each.value.zone}."
  labels      = var.labels
  version     = var.kubernetes_version

  # Also what the autoscaler knows a node by that is not there yet.
  node_labels            = { node-pool = each.value.pool }
  node_taints            = each.value.taints
  allowed_unsafe_sysctls = []

  instance_template {
    platform_id = local.pools[each.value.pool].platform_id
    labels      = merge(var.labels, { node-pool = each.value.pool })

    resources {
      cores         = local.pools[each.value.pool].cores
      memory        = local.pools[each.value.pool].memory_gb
      core_fraction = local.pools[each.value.pool].core_fraction
    }

    boot_disk {
      type = local.pools[each.value.pool].disk_type
      size = local.pools[each.value.pool].disk_gb
    }

    scheduling_policy {
      preemptible = local.pools[each.value.pool].preemptible
    }

    container_runtime {
      type = "containerd"
    }

    # The way out is the network's NAT gateway; there is none in.
    network_interface {
      ipv4               = true
      ipv6               = false
      nat                = false
      subnet_ids         = [var.subnets[each.value.zone].id]
      security_group_ids = var.nodes_security_group_ids
    }

    # No ssh-keys, no enable-oslogin, and no console: nobody logs in to a node.
    metadata = {
      serial-port-enable = "0"
    }
  }

  scale_policy {
    auto_scale {
      min     = each.value.min
      max     = each.value.max
      initial = each.value.min
    }
  }

  allocation_policy {
    location {
      zone = each.value.zone
    }
  }

  # A new node is there before an old one goes.
  deploy_policy {
    max_expansion   = local.surge
    max_unavailable = 0
  }

  maintenance_policy {
    auto_upgrade = true
    auto_repair  = true

    dynamic "maintenance_window" {
      for_each = toset(var.maintenance.days)
      iterator = day
      content {
        day        = day.value
        start_time = var.maintenance.start_time
        duration   = local.maintenance_duration
      }
    }
  }

  workload_identity_federation {
    enabled = true
  }
}
