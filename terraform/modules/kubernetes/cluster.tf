locals {
  # `kubeVersion` of the charts in helm/.
  oldest_version = "1.30"

  maintenance_duration = "${var.maintenance.duration_h}h"
}

resource "yandex_kubernetes_cluster" "this" {
  #checkov:skip=CKV_YC_5:Without a public address unless public_endpoint says so, and then for the clients that the security group names.
  folder_id   = var.folder_id
  name        = var.name
  description = "The platform: serving, MLflow, Airflow and what they need."
  labels      = var.labels

  network_id               = var.network_id
  cluster_ipv4_range       = var.pods_cidr
  service_ipv4_range       = var.services_cidr
  node_ipv4_cidr_mask_size = 24

  service_account_id      = yandex_iam_service_account.cluster.id
  node_service_account_id = var.nodes_service_account_id
  release_channel         = var.release_channel

  # Without it network policies are there, and nothing enforces them. Why not Cilium: .github/adr/0018. To change it makes a
  # new cluster.
  network_policy_provider = "CALICO"

  # Secrets in etcd, by envelope.
  kms_provider {
    key_id = yandex_kms_symmetric_key.secrets.id
  }

  workload_identity_federation {
    enabled = true
  }

  master {
    version            = var.kubernetes_version
    public_ip          = var.public_endpoint
    security_group_ids = var.control_plane_security_group_ids

    # One host, or one in each of three zones. Unlike `zonal` and `regional`, this can be moved without a new cluster.
    dynamic "master_location" {
      for_each = var.zones
      iterator = zone
      content {
        zone      = zone.value
        subnet_id = var.subnets[zone.value].id
      }
    }

    maintenance_policy {
      auto_upgrade = true

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

    dynamic "master_logging" {
      for_each = var.control_plane_logs[*]
      iterator = logs
      content {
        enabled                    = true
        log_group_id               = logs.value.log_group_id
        audit_enabled              = true
        kube_apiserver_enabled     = true
        cluster_autoscaler_enabled = true
        events_enabled             = true
      }
    }
  }

  # The cloud checks roles when it makes the cluster, and needs them until the last node and disk are gone.
  depends_on = [
    yandex_resourcemanager_folder_iam_member.cluster,
    yandex_kms_symmetric_key_iam_member.cluster,
  ]
}
