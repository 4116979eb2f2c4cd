# Without this key no object can be read: who has a role on a bucket and none here reads nothing.
resource "yandex_kms_symmetric_key" "objects" {
  folder_id           = var.folder_id
  name                = "${var.name}-objects"
  description         = "Encrypts the objects of the platform's buckets."
  labels              = var.labels
  default_algorithm   = "AES_256"
  rotation_period     = "${var.key_rotation_days * 24}h"
  deletion_protection = var.deletion_protection
}
