mock_provider "yandex" {
  mock_data "yandex_connectionmanager_connection" {
    defaults = {
      lockbox_secret = { id = "e6q00000000000000009", version = "e6q00000000000000010" }
      params         = { postgresql = { auth = { user_password = { password = { lockbox_secret_key = "postgresql_password" } } } } }
    }
  }
}

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
  secret_ids              = { mlflow-database = "e6q00000000000000001", airflow-database = "e6q00000000000000002", serving = "e6q00000000000000003" }
}

run "one_host_where_one_zone_was_named" {
  command = plan

  assert {
    condition     = { for key, host in yandex_mdb_postgresql_cluster_v2.this.hosts : key => "${host.zone} ${host.subnet_id}" } == { ru-central1-a = "ru-central1-a e9b00000000000000000" }
    error_message = "One host, in the subnet of its zone."
  }

  assert {
    condition     = yandex_mdb_postgresql_cluster_v2.this.environment == "PRODUCTION" && yandex_mdb_postgresql_cluster_v2.this.config.version == "17"
    error_message = "PostgreSQL 17, in the environment that gets tested updates."
  }

  assert {
    condition     = yandex_mdb_postgresql_cluster_v2.this.config.resources == { resource_preset_id = "s3-c2-m8", disk_type_id = "network-ssd", disk_size = 20 }
    error_message = "Two cores and 20 GB to begin with."
  }
}

run "a_disk_grows_before_it_is_full_and_up_to_its_ceiling" {
  command = plan

  variables {
    disk = { size_gb = 50, limit_gb = 60 }
  }

  assert {
    condition = yandex_mdb_postgresql_cluster_v2.this.config.resources.disk_size == 50 && yandex_mdb_postgresql_cluster_v2.this.config.disk_size_autoscaling == {
      disk_size_limit = 60, planned_usage_threshold = 80, emergency_usage_threshold = 90
    }
    error_message = "In the maintenance window from 80%, at once from 90%: at 97% the service makes it read-only."
  }

  # Growth that is planned wants a window.
  assert {
    condition     = yandex_mdb_postgresql_cluster_v2.this.maintenance_window == { type = "WEEKLY", day = "SUN", hour = 3 }
    error_message = "Maintenance keeps to an hour of the week."
  }
}

run "what_it_does_by_itself" {
  command = plan

  assert {
    condition = (
      yandex_mdb_postgresql_cluster_v2.this.config.backup_window_start == { hours = 1, minutes = 0 } &&
      yandex_mdb_postgresql_cluster_v2.this.config.backup_retain_period_days == 14
    )
    error_message = "A backup every night, kept for two weeks."
  }

  assert {
    condition = yandex_mdb_postgresql_cluster_v2.this.config.performance_diagnostics == {
      enabled = true, sessions_sampling_interval = 60, statements_sampling_interval = 600
    }
    error_message = "Who looks for a slow query finds sessions and statements."
  }

  # Airflow's migrations hold a session's lock, and asyncpg prepares statements by name.
  assert {
    condition     = yandex_mdb_postgresql_cluster_v2.this.config.pooler_config == { pooling_mode = "SESSION", pool_discard = true }
    error_message = "A session has its connection to itself, and leaves nothing behind."
  }
}

run "each_database_has_its_owner" {
  command = plan

  assert {
    condition = { for database in values(yandex_mdb_postgresql_database.this) : database.name => database.owner } == {
      mlflow = "mlflow", mlflow_auth = "mlflow", airflow = "airflow"
    }
    error_message = "MLflow has two databases, Airflow one."
  }

  assert {
    condition     = { for user in values(yandex_mdb_postgresql_user.this) : user.name => user.conn_limit } == { mlflow = 80, airflow = 100 }
    error_message = "Each user has its share of the connections."
  }

  assert {
    condition     = alltrue([for database in values(yandex_mdb_postgresql_database.this) : contains(keys(yandex_mdb_postgresql_user.this), database.owner)])
    error_message = "Every owner is a user that is made."
  }
}

run "passwords_are_copied_from_secret_to_secret" {
  # Applied to a mock, so that ids are there to compare.
  command = apply

  assert {
    condition = {
      for entry in yandex_lockbox_secret_version.mlflow.entries : entry.key => entry.command[0].args if length(entry.command) > 0
      } == {
      password = tolist(["password", "e6q00000000000000009", "e6q00000000000000010", "postgresql_password"])
    }
    error_message = "MLflow's password comes from the secret of its connection; the version is named, so that a new password is copied."
  }

  assert {
    condition = {
      for entry in yandex_lockbox_secret_version.airflow.entries : entry.key => entry.command[0].args if length(entry.command) > 0
      } == {
      password = tolist(["password", "e6q00000000000000009", "e6q00000000000000010", "postgresql_password"])
      connection = tolist([
        "connection", "e6q00000000000000009", "e6q00000000000000010", "postgresql_password", "airflow", output.host, "6432", "airflow",
      ])
    }
    error_message = "Airflow's also in the address of its database, by the name that follows the master."
  }

  assert {
    condition = {
      mlflow  = yandex_lockbox_secret_version.mlflow.secret_id
      airflow = yandex_lockbox_secret_version.airflow.secret_id
    } == { mlflow = "e6q00000000000000001", airflow = "e6q00000000000000002" }
    error_message = "Each goes to its own secret."
  }

  assert {
    condition = {
      for user, version in { mlflow = yandex_lockbox_secret_version.mlflow, airflow = yandex_lockbox_secret_version.airflow } :
      user => nonsensitive(one([for entry in version.entries : entry.text_value if entry.key == "username"]))
    } == { mlflow = "mlflow", airflow = "airflow" }
    error_message = "The name of a user is no secret."
  }

  # No file of the chart has other keys.
  assert {
    condition = alltrue([
      for name, version in { mlflow-database = yandex_lockbox_secret_version.mlflow, airflow-database = yandex_lockbox_secret_version.airflow } :
      toset(version.entries[*].key) == toset(yamldecode(file("${path.module}/../../../helm/platform/values.yaml")).externalSecrets.secrets[name])
    ])
    error_message = "externalSecrets.secrets of helm/platform/values.yaml lists the keys that are filled here."
  }

  assert {
    condition = alltrue(flatten([
      for version in [yandex_lockbox_secret_version.mlflow, yandex_lockbox_secret_version.airflow] :
      [for entry in version.entries : [for command in entry.command : fileexists(command.path)]]
    ]))
    error_message = "The command is there."
  }
}

run "outputs_are_what_helm_wants" {
  command = apply

  assert {
    condition     = output.host == "c-${output.cluster_id}.rw.mdb.yandexcloud.net" && output.cluster_name == "retraining-test-postgresql"
    error_message = "The service's name for the master of this cluster."
  }

  assert {
    condition = (
      output.port == yamldecode(file("${path.module}/../../../helm/values/production/platform.yaml")).mlflow.database.port &&
      output.databases.mlflow == yamldecode(file("${path.module}/../../../helm/mlflow/values.yaml")).database.name &&
      output.databases.mlflow_auth == yamldecode(file("${path.module}/../../../helm/mlflow/values.yaml")).database.authName
    )
    error_message = "The charts' port and names of databases."
  }
}

run "the_example_is_production" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.databases == { mlflow = "mlflow", mlflow_auth = "mlflow_auth", airflow = "airflow" }
    error_message = "The example plans."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name = "a23456789023456789023456789023456789023456789023456x"
  }

  assert {
    condition = alltrue([
      for name in [yandex_mdb_postgresql_cluster_v2.this.name, yandex_vpc_security_group.this.name, yandex_kms_symmetric_key.disks.name] : length(name) <= 63
    ])
    error_message = "The cloud takes names of at most 63 characters."
  }
}
