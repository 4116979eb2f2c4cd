locals {
  # Roles in the folder, for Managed Kubernetes takes these on nothing smaller. Each is there for a reason:
  cluster_roles = merge(
    { "k8s.clusters.agent" = "It makes nodes, disks, internal load balancers and routes to pods." },
    var.public_endpoint ? { "vpc.publicAdmin" = "It gives the API of Kubernetes its public address." } : {},
    var.control_plane_logs != null ? { "logging.writer" = "It writes logs of the control plane; the provider has no role on one log group." } : {},
  )
}

resource "yandex_iam_service_account" "cluster" {
  folder_id   = var.folder_id
  name        = "${var.name}-kubernetes"
  description = "${join(", ", keys(local.cluster_roles))}: Managed Kubernetes makes nodes, disks and load balancers with it. No pod has it, and no node."
  labels      = var.labels
}

resource "yandex_resourcemanager_folder_iam_member" "cluster" {
  for_each = local.cluster_roles

  folder_id = var.folder_id
  role      = each.key
  member    = "serviceAccount:${yandex_iam_service_account.cluster.id}"
}

# Secrets of this cluster, with this key.
resource "yandex_kms_symmetric_key_iam_member" "cluster" {
  symmetric_key_id = yandex_kms_symmetric_key.secrets.id
  role             = "kms.keys.encrypterDecrypter"
  member           = "serviceAccount:${yandex_iam_service_account.cluster.id}"
}

resource "yandex_kubernetes_cluster_iam_member" "api" {
  for_each = var.api_access

  cluster_id = yandex_kubernetes_cluster.this.id
  role       = each.value.role
  member     = each.value.member
}
