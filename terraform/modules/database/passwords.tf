# Connection Manager makes a password and keeps it in a Lockbox secret of its own. password.sh copies it from there into the
# secrets that the platform's chart knows, from one Lockbox secret to another: the state has the ids of both, and no password.
data "yandex_connectionmanager_connection" "user" {
  for_each = yandex_mdb_postgresql_user.this

  connection_id = one(each.value.user_connection_manager).connection_id
}

locals {
  # Where the password of each user is. The version is among it, so that a new password is copied by the next apply.
  sources = {
    for name, connection in data.yandex_connectionmanager_connection.user : name => [
      connection.lockbox_secret.id,
      connection.lockbox_secret.version,
      connection.params.postgresql.auth.user_password.password.lockbox_secret_key,
    ]
  }
}

resource "yandex_lockbox_secret_version" "mlflow" {
  secret_id   = var.secret_ids["mlflow-database"]
  description = "Copied by Terraform from Connection Manager."

  entries {
    key        = "username"
    text_value = yandex_mdb_postgresql_user.this["mlflow"].name
  }

  entries {
    key = "password"
    command {
      path = "${path.module}/password.sh"
      args = concat(["password"], local.sources.mlflow)
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "yandex_lockbox_secret_version" "airflow" {
  secret_id   = var.secret_ids["airflow-database"]
  description = "Copied by Terraform from Connection Manager."

  entries {
    key        = "username"
    text_value = yandex_mdb_postgresql_user.this["airflow"].name
  }

  entries {
    key = "password"
    command {
      path = "${path.module}/password.sh"
      args = concat(["password"], local.sources.airflow)
    }
  }

  # Without `sslmode`, which the synchronous and the asynchronous driver spell differently: PGSSLMODE says it.
  entries {
    key = "connection"
    command {
      path = "${path.module}/password.sh"
      args = concat(["connection"], local.sources.airflow, [
        yandex_mdb_postgresql_user.this["airflow"].name, local.host, tostring(local.port), yandex_mdb_postgresql_database.this["airflow"].name,
      ])
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
