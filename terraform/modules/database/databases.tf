locals {
  # Each user owns its databases and sees no other: the service lets a user connect where it is the owner or was permitted to.
  databases = {
    mlflow      = { name = "mlflow", owner = "mlflow" }
    mlflow_auth = { name = "mlflow_auth", owner = "mlflow" }
    airflow     = { name = "airflow", owner = "airflow" }
  }
}

resource "yandex_mdb_postgresql_database" "this" {
  for_each = local.databases

  cluster_id          = yandex_mdb_postgresql_cluster_v2.this.id
  name                = each.value.name
  owner               = yandex_mdb_postgresql_user.this[each.value.owner].name
  deletion_protection = tostring(var.deletion_protection)
}
