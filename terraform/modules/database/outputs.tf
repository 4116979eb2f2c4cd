output "cluster_id" {
  description = "The cluster, for the dashboard."
  value       = yandex_mdb_postgresql_cluster_v2.this.id
}

output "cluster_name" {
  description = "Its name, for `yc managed-postgresql`."
  value       = yandex_mdb_postgresql_cluster_v2.this.name
}

output "host" {
  description = "Name that follows the master: `mlflow.database.host` of the platform's chart."
  value       = local.host
}

output "port" {
  description = "Port of the pooler, the only one there is."
  value       = local.port
}

output "databases" {
  description = "Names of the databases by what they are for."
  value       = { for key, database in yandex_mdb_postgresql_database.this : key => database.name }
}

output "security_group_id" {
  description = "Security group of the hosts."
  value       = yandex_vpc_security_group.this.id
}

output "kms_key_id" {
  description = "The key that encrypts the disks. A cluster restored from a backup wants one, too."
  value       = yandex_kms_symmetric_key.disks.id
}
