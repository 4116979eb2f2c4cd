locals {
  master   = yandex_kubernetes_cluster.this.master[0]
  endpoint = var.public_endpoint ? local.master.external_v4_endpoint : local.master.internal_v4_endpoint
}

output "cluster_id" {
  description = "The cluster."
  value       = yandex_kubernetes_cluster.this.id
}

output "cluster_name" {
  description = "Name of the cluster, which is also its context in `kubeconfig`."
  value       = yandex_kubernetes_cluster.this.name
}

output "endpoint" {
  description = "Address of the API of Kubernetes: in the internet where `public_endpoint` says so, else in the network."
  value       = local.endpoint
}

output "ca_certificate" {
  description = "Certificate, in PEM, that the API of Kubernetes is known by."
  value       = local.master.cluster_ca_certificate
}

output "kubeconfig" {
  description = "For kubectl and Helm. Holds no secret: they ask `yc managed-kubernetes create-token` for one."
  value = templatefile("${path.module}/kubeconfig.yaml.tftpl", {
    name           = yandex_kubernetes_cluster.this.name
    endpoint       = local.endpoint
    ca_certificate = local.master.cluster_ca_certificate
  })
}

output "service_account_id" {
  description = "Account of the cluster."
  value       = yandex_iam_service_account.cluster.id
}

output "service_account_folder_roles" {
  description = "Roles of the cluster's account in the whole folder, and why it has each."
  value       = local.cluster_roles
}

output "kms_key_id" {
  description = "The key that encrypts secrets of Kubernetes."
  value       = yandex_kms_symmetric_key.secrets.id
}

output "node_groups" {
  description = "By name: id, zone, pool, and how many nodes there are at least, which is at rest, and at most."
  value = {
    for key, group in local.node_groups : key => {
      id   = yandex_kubernetes_node_group.this[key].id
      pool = group.pool
      zone = group.zone
      min  = group.min
      max  = group.max
    }
  }
}

output "ceiling" {
  description = "What all nodes are together when every group is as large as it may be: for quotas, which count groups at their largest, and for what it may cost. An upgrade adds a node to each group for some minutes."
  value = {
    nodes     = sum(values(local.node_groups)[*].max)
    cores     = sum([for group in values(local.node_groups) : group.max * local.pools[group.pool].cores])
    memory_gb = sum([for group in values(local.node_groups) : group.max * local.pools[group.pool].memory_gb])
    disk_gb   = sum([for group in values(local.node_groups) : group.max * local.pools[group.pool].disk_gb])
  }
}

output "workload_identity" {
  description = "For pods that act as an account of the cloud: the federation's id, and issuer and keys of the cluster's tokens."
  value = {
    federation_id = yandex_iam_workload_identity_oidc_federation.cluster.id
    issuer        = local.workload_identity.issuer
    jwks_uri      = local.workload_identity.jwks_uri
  }
}
