# Lets a pod act as an account of the cloud without a key. By itself it gives nobody anything: who needs it adds a
# yandex_iam_workload_identity_federated_credential, from a ServiceAccount of Kubernetes to an account of the cloud.
resource "yandex_iam_workload_identity_oidc_federation" "cluster" {
  folder_id   = var.folder_id
  name        = "${var.name}-kubernetes"
  description = "Pods of the cluster, by their ServiceAccount."
  labels      = var.labels
  issuer      = local.workload_identity.issuer
  audiences   = [local.workload_identity.issuer]
  jwks_url    = local.workload_identity.jwks_uri
}

locals {
  workload_identity = yandex_kubernetes_cluster.this.workload_identity_federation[0]
}
