# Can be chosen only when the cluster is made, and never again.
resource "yandex_kms_symmetric_key" "secrets" {
  folder_id           = var.folder_id
  name                = "${var.name}-kubernetes"
  description         = "Encrypts the secrets of Kubernetes."
  labels              = var.labels
  default_algorithm   = "AES_256"
  rotation_period     = "${var.key_rotation_days * 24}h"
  deletion_protection = var.deletion_protection
}
