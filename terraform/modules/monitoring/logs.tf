resource "yandex_logging_group" "this" {
  folder_id        = var.folder_id
  name             = "${var.name}-logs"
  description      = "What managed parts log: the control plane of Kubernetes, the balancer, Smart Web Security."
  labels           = var.labels
  retention_period = "${var.log_retention_hours}h"
}
