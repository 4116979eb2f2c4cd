locals {
  # In a zone each, so that the loss of one takes one host.
  hosts = { for zone in var.zones : zone => var.subnets[zone].id }

  # The service's name for whichever host is the master now, and the pooler's port, which cannot be chosen.
  host = "c-${yandex_mdb_postgresql_cluster_v2.this.id}.rw.mdb.yandexcloud.net"
  port = 6432
}

resource "yandex_mdb_postgresql_cluster_v2" "this" {
  folder_id              = var.folder_id
  name                   = "${var.name}-postgresql"
  description            = "Runs, models and users of MLflow, and the state of Airflow."
  labels                 = var.labels
  environment            = "PRODUCTION"
  network_id             = var.network_id
  security_group_ids     = [yandex_vpc_security_group.this.id]
  disk_encryption_key_id = yandex_kms_symmetric_key.disks.id
  deletion_protection    = var.deletion_protection

  hosts = {
    for zone, subnet_id in local.hosts : zone => { zone = zone, subnet_id = subnet_id, assign_public_ip = false }
  }

  config {
    version                   = var.postgresql_version
    backup_retain_period_days = var.backup.retain_days
    backup_window_start       = { hours = var.backup.hour, minutes = var.backup.minute }

    resources {
      resource_preset_id = var.host_preset
      disk_type_id       = var.disk.type
      disk_size          = var.disk.size_gb
    }

    # In the maintenance window when it is nearly full, at once when it is full: at 97% the service makes it read-only.
    disk_size_autoscaling = {
      disk_size_limit           = var.disk.limit_gb
      planned_usage_threshold   = 80
      emergency_usage_threshold = 90
    }

    # A session has its connection to itself. Airflow's migrations hold a lock of the session across transactions, and the
    # driver of its API server prepares statements by name: both go wrong where transactions share connections. What a
    # session leaves behind is thrown away before the next one gets its connection.
    pooler_config = {
      pooling_mode = "SESSION"
      pool_discard = true
    }

    performance_diagnostics = {
      enabled                      = true
      sessions_sampling_interval   = 60
      statements_sampling_interval = 600
    }

    # Makes the users' passwords and keeps them: passwords.tf.
    connection_manager = { enabled = true }

    # Nobody comes in from beside the network.
    access = {
      data_lens     = false
      data_transfer = false
      serverless    = false
      web_sql       = false
      yandex_query  = false
    }
  }

  maintenance_window = {
    type = "WEEKLY"
    day  = var.maintenance.day
    hour = var.maintenance.hour
  }
}
