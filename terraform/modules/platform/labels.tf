locals {
  labels = merge({ environment = var.environment, part-of = "retraining" }, var.labels)
}
