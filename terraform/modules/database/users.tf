# No grants and no permissions: an owner needs none.
resource "yandex_mdb_postgresql_user" "this" {
  for_each = var.connections

  cluster_id               = yandex_mdb_postgresql_cluster_v2.this.id
  name                     = each.key
  conn_limit               = each.value
  login                    = true
  generate_password        = true
  user_password_encryption = "USER_PASSWORD_ENCRYPTION_SCRAM_SHA_256"
  deletion_protection      = tostring(var.deletion_protection)

  # The connection and its secret are in the folder of the cluster, where whoever applies this may read them.
  user_connection_manager {
    connection_folder_id = var.folder_id
    secret_folder_id     = var.folder_id
  }
}
