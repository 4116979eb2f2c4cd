# As every environment prints them, and `make deploy` reads them.

output "environment" {
  description = "Which one: dev, staging or production."
  value       = var.environment
}

output "name" {
  description = "What the names of all resources begin with."
  value       = var.name
}

output "folder_id" {
  description = "The folder."
  value       = var.folder_id
}

output "cluster" {
  description = "The cluster: id, name, and address of its API."
  value = {
    id       = module.kubernetes.cluster_id
    name     = module.kubernetes.cluster_name
    endpoint = module.kubernetes.endpoint
  }
}

output "kubeconfig" {
  description = "For kubectl and Helm. Holds no secret: they ask `yc` for a token."
  value       = module.kubernetes.kubeconfig
}

output "registry" {
  description = "What names of images begin with, and the account that pushes them."
  value = {
    image_registry        = module.registry.image_registry
    ci_service_account_id = module.registry.ci_service_account_id
  }
}

output "network" {
  description = "Ranges of pods and Services, the one range that holds all subnets, and the subnets by zone."
  value = {
    pods_cidr     = module.network.pods_cidr
    services_cidr = module.network.services_cidr
    subnets_cidr  = var.network.cidr
    subnets       = module.network.subnets
  }
}

output "database" {
  description = "Managed PostgreSQL: where, and which databases. Null: the platform's chart brings one."
  value = one([for database in module.database : {
    host             = database.host
    port             = database.port
    mlflow_database  = database.databases["mlflow"]
    airflow_database = database.databases["airflow"]
  }])
}

output "storage" {
  description = "Object Storage: where, and which buckets. Null: the platform's chart brings one."
  value = one([for storage in module.storage : {
    endpoint = storage.endpoint
    region   = "ru-central1"
    buckets  = storage.buckets
  }])
}

output "secrets" {
  description = "Lockbox: folder, prefix, keys of each secret, those that a person fills, and the account of the External Secrets operator. Null: the platform's chart makes secrets."
  value = one([for secrets in module.secrets : {
    folder_id                 = secrets.lockbox.folderId
    prefix                    = secrets.lockbox.prefix
    secret_keys               = { for name, keys in secrets.secret_keys : name => sort(keys) }
    from_elsewhere            = { for name, keys in local.secrets_of_people : name => sort(keys) }
    reader_service_account_id = secrets.reader_service_account_id
  }])
}

output "edge" {
  description = "The public way in, and the gateway behind it. Null: there is none."
  value = one([for edge in module.edge : {
    url               = edge.url
    host              = edge.host
    address           = edge.address
    gateway_address   = edge.gateway_address
    gateway_subnet_id = edge.gateway_subnet_id
    client_cidrs      = edge.client_cidrs
  }])
}

output "monitoring" {
  description = "The log group of the managed parts, and where Prometheus also writes to, if anywhere."
  value = {
    log_group_id     = module.monitoring.log_group_id
    remote_write_url = try(module.monitoring.remote_write.url, null)
  }
}

output "name_servers" {
  description = "To whom the registrar delegates the domain of the edge; empty where its zone was there before."
  value       = flatten(module.edge[*].name_servers)
}

output "node_groups" {
  description = "Node groups: how many nodes at rest, and at most."
  value       = module.kubernetes.node_groups
}

output "ceiling" {
  description = "What all nodes are together at most: for quotas, and for what it may cost."
  value       = module.kubernetes.ceiling
}

output "data_ids" {
  description = "Whatever holds data that nothing else has, by what it is: an environment guards these."
  # No try() here: where a value is not known yet, it would not know the names either.
  value = merge(concat(
    [{ "cluster" = module.kubernetes.cluster_id, "key of the cluster's secrets" = module.kubernetes.kms_key_id }],
    [for database in module.database : { "database" = database.cluster_id, "key of the database" = database.kms_key_id }],
    [for storage in module.storage : merge({ "key of buckets" = storage.kms_key_id }, { for key, id in storage.bucket_ids : "bucket ${key}" => id })],
    [for secrets in module.secrets : merge({ "key of secrets" = secrets.kms_key_id }, { for name, id in secrets.secret_ids : "secret ${name}" => id })],
  )...)
}
