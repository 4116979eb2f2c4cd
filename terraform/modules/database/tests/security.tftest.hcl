# Who reaches the database, said once more and apart from the rules. Applied to a mock, so that ids are there to compare.
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
  zones                   = ["ru-central1-a", "ru-central1-b", "ru-central1-d"]
  nodes_security_group_id = "enp00000000000000001"
  secret_ids              = { mlflow-database = "e6q00000000000000001", airflow-database = "e6q00000000000000002" }
}

run "nodes_reach_the_pooler_and_nobody_reaches_anything_else" {
  command = apply

  assert {
    condition     = [for rule in yandex_vpc_security_group.this.ingress : "${rule.protocol} ${rule.port} ${rule.security_group_id} ${length(coalesce(rule.v4_cidr_blocks, []))}"] == ["TCP 6432 enp00000000000000001 0"]
    error_message = "One rule: the pooler's port, for the security group of the nodes, for no range of addresses."
  }

  assert {
    condition     = length(yandex_vpc_security_group.this.egress) == 0
    error_message = "The hosts open no connection."
  }

  assert {
    condition     = yandex_mdb_postgresql_cluster_v2.this.security_group_ids == toset([yandex_vpc_security_group.this.id])
    error_message = "The hosts are in this group alone."
  }

  assert {
    condition     = length(yandex_mdb_postgresql_cluster_v2.this.hosts) == 3 && alltrue([for host in values(yandex_mdb_postgresql_cluster_v2.this.hosts) : host.assign_public_ip == false])
    error_message = "Three hosts, none with a public address."
  }

  assert {
    condition     = !anytrue(values(yandex_mdb_postgresql_cluster_v2.this.config.access))
    error_message = "No service of the cloud, and no browser, comes in from beside the network."
  }
}

run "no_password_is_in_the_state" {
  command = apply

  assert {
    condition = alltrue([
      for user in values(yandex_mdb_postgresql_user.this) : user.password == null && user.password_wo_version == null && user.generate_password
    ])
    error_message = "Connection Manager makes passwords; Terraform is told none."
  }

  assert {
    condition = alltrue(flatten([
      for version in [yandex_lockbox_secret_version.mlflow, yandex_lockbox_secret_version.airflow] :
      [for entry in version.entries : entry.key == "username" || entry.text_value == null || nonsensitive(entry.text_value) == ""]
    ]))
    error_message = "Only names of users are written down; all else is printed by the command."
  }

  # With variables of its own the provider would run the command without those that yc logs in by.
  assert {
    condition = alltrue(flatten([
      for version in [yandex_lockbox_secret_version.mlflow, yandex_lockbox_secret_version.airflow] :
      [for entry in version.entries : [for command in entry.command : command.env == null || try(length(command.env) == 0, false)]]
    ]))
    error_message = "The command inherits its environment."
  }
}

run "a_user_owns_its_databases_and_sees_no_other" {
  command = apply

  assert {
    condition = alltrue([
      for user in values(yandex_mdb_postgresql_user.this) :
      length(user.permission) == 0 && (user.grants == null || try(length(user.grants) == 0, false)) && user.user_password_encryption == "USER_PASSWORD_ENCRYPTION_SCRAM_SHA_256"
    ])
    error_message = "No user is permitted to another's database, none has a role, and passwords are kept as SCRAM."
  }
}

run "disks_are_encrypted_with_a_key_of_ours" {
  command = apply

  assert {
    condition     = yandex_mdb_postgresql_cluster_v2.this.disk_encryption_key_id == yandex_kms_symmetric_key.disks.id && output.kms_key_id == yandex_kms_symmetric_key.disks.id
    error_message = "The hosts' disks."
  }

  assert {
    condition     = yandex_kms_symmetric_key.disks.rotation_period == "2160h" && yandex_kms_symmetric_key.disks.default_algorithm == "AES_256"
    error_message = "The key gets a new version every 90 days."
  }
}

run "data_refuses_to_be_deleted" {
  command = apply

  assert {
    condition = (
      yandex_mdb_postgresql_cluster_v2.this.deletion_protection && yandex_kms_symmetric_key.disks.deletion_protection && alltrue([
        for thing in concat(values(yandex_mdb_postgresql_database.this)[*].deletion_protection, values(yandex_mdb_postgresql_user.this)[*].deletion_protection) : thing == "true"
      ])
    )
    error_message = "Unless it was said otherwise: the cluster, its databases, their owners, and the key of the disks."
  }
}

run "data_of_staging_may_be_deleted" {
  command = apply

  variables {
    deletion_protection = false
  }

  assert {
    condition = (
      !yandex_mdb_postgresql_cluster_v2.this.deletion_protection && !yandex_kms_symmetric_key.disks.deletion_protection && alltrue([
        for thing in concat(values(yandex_mdb_postgresql_database.this)[*].deletion_protection, values(yandex_mdb_postgresql_user.this)[*].deletion_protection) : thing == "false"
      ])
    )
    error_message = "Where it was said, all can."
  }
}
