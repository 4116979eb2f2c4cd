locals {
  # What environments are made with, and why. Whoever may give roles in a folder can give itself any: this account is the
  # folder's administrator by resource-manager.admin alone. The other roles are listed instead of `admin` so that a mistake
  # stays within the services that are used here, and so that somebody reads this list when another one is.
  terraform_roles = {
    "alb.editor"                                  = "The load balancer of the edge, its router and backends."
    "certificate-manager.certificates.downloader" = "The balancer takes its certificate with the rights of whoever gives it one."
    "certificate-manager.editor"                  = "The certificate of the public host."
    "cloud-registry.admin"                        = "The registry, its scan policy and who pushes and pulls."
    "connection-manager.viewer"                   = "Which secret has the password of a user of the database."
    "dns.editor"                                  = "The zone of the public host and its records."
    "iam.serviceAccounts.admin"                   = "Accounts of nodes, buckets and secrets, their keys, and CI's credential."
    "iam.serviceAccounts.user"                    = "The cluster is given the accounts that it and its nodes act as."
    "iam.workloadIdentityFederations.editor"      = "The federation of the cluster, for pods without keys."
    "iam.workloadIdentityFederations.user"        = "CI's credential belongs to the federation of this folder."
    "k8s.admin"                                   = "The cluster, its node groups, and CI's role in it."
    "kms.admin"                                   = "Keys that encrypt, and who may use them."
    "lockbox.admin"                               = "Secrets, versions of them, and who may read them."
    "logging.editor"                              = "The log group."
    "managed-postgresql.editor"                   = "The database cluster."
    "monitoring.editor"                           = "The dashboard of what the cloud manages."
    "resource-manager.admin"                      = "Roles in the folder, which Managed Kubernetes wants for its accounts."
    "smart-web-security.editor"                   = "The profile in front of the load balancer: limits and captcha."
    "storage.admin"                               = "Buckets, and roles in them."
    "vpc.admin"                                   = "Network, subnets, NAT gateway, addresses, security groups."
  }
}

# Nobody has a key of it. People take its place for an hour, which the cloud's audit log tells:
#   export YC_TOKEN=$(yc iam create-token --impersonate-service-account-id <id>)
resource "yandex_iam_service_account" "terraform" {
  folder_id   = var.folder_id
  name        = "${var.name}-terraform"
  description = "Makes environments. Administers the folder; has no key; the operators of terraform/bootstrap take its place."
  labels      = var.labels
}

resource "yandex_resourcemanager_folder_iam_member" "terraform" {
  for_each = local.terraform_roles

  folder_id = var.folder_id
  role      = each.key
  member    = "serviceAccount:${yandex_iam_service_account.terraform.id}"
}

resource "yandex_iam_service_account_iam_member" "operators" {
  for_each = var.operators

  service_account_id = yandex_iam_service_account.terraform.id
  role               = "iam.serviceAccounts.tokenCreator"
  member             = each.value
}

# Whoever plans reads the state, and so its key.
resource "yandex_lockbox_secret_iam_member" "operators" {
  for_each = var.operators

  secret_id = yandex_lockbox_secret.state_key.id
  role      = "lockbox.payloadViewer"
  member    = each.value
}

resource "yandex_kms_symmetric_key_iam_member" "operators" {
  for_each = var.operators

  symmetric_key_id = module.state.kms_key_id
  role             = "kms.keys.decrypter"
  member           = each.value
}
