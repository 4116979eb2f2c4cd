# `make deploy` reads all of these but the last two.

output "environment" {
  description = "Which one this is."
  value       = module.platform.environment
}

output "name" {
  description = "What the names of all resources begin with."
  value       = module.platform.name
}

output "folder_id" {
  description = "The folder."
  value       = module.platform.folder_id
}

output "cluster" {
  description = "The cluster: id, name, and address of its API."
  value       = module.platform.cluster
}

output "kubeconfig" {
  description = "For kubectl and Helm: `terraform output -raw kubeconfig`. Holds no secret: they ask `yc` for a token."
  value       = module.platform.kubeconfig
}

output "registry" {
  description = "What names of images begin with, and the account that pushes them."
  value       = module.platform.registry
}

output "network" {
  description = "Ranges of pods and Services, the one range that holds all subnets, and the subnets by zone."
  value       = module.platform.network
}

output "database" {
  description = "Managed PostgreSQL, or null."
  value       = module.platform.database
}

output "storage" {
  description = "Object Storage, or null."
  value       = module.platform.storage
}

output "secrets" {
  description = "Lockbox: folder, prefix, keys of each secret, and those that a person fills; or null."
  value       = module.platform.secrets
}

output "edge" {
  description = "The public way in, and the gateway behind it; or null."
  value       = module.platform.edge
}

output "monitoring" {
  description = "The log group of the managed parts, and where Prometheus also writes to, if anywhere."
  value       = module.platform.monitoring
}

output "name_servers" {
  description = "To whom the registrar delegates the domain, where its zone is made here."
  value       = module.platform.name_servers
}

output "ceiling" {
  description = "What all nodes are together at most: for quotas, and for what it may cost."
  value       = module.platform.ceiling
}
