module "database" {
  source = "../database"
  count  = var.database == null ? 0 : 1

  folder_id           = var.folder_id
  name                = var.name
  labels              = local.labels
  deletion_protection = var.deletion_protection

  network_id              = module.network.network_id
  subnets                 = module.network.subnets
  nodes_security_group_id = module.network.nodes_security_group_id
  secret_ids              = module.secrets[0].secret_ids

  zones              = var.database.zones
  postgresql_version = var.database.version
  host_preset        = var.database.host_preset
  disk               = var.database.disk
  connections        = var.database.connections
  backup             = var.database.backup
  maintenance        = var.database.maintenance
}
