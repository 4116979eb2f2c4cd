# Can be chosen only when the cluster is made. Whoever disables it stops the database; whoever deletes it loses all.
resource "yandex_kms_symmetric_key" "disks" {
  folder_id           = var.folder_id
  name                = "${var.name}-postgresql"
  description         = "Encrypts the disks of the database."
  labels              = var.labels
  default_algorithm   = "AES_256"
  rotation_period     = "${var.key_rotation_days * 24}h"
  deletion_protection = var.deletion_protection
}
