# What production is, as small as it can be: the same managed parts, in one zone, one host each. Only named clients may ask.
module "platform" {
  source = "../../modules/platform"

  folder_id   = var.folder_id
  name        = "retraining-staging"
  environment = "staging"

  network = { api_clients = var.api_clients }

  kubernetes = {
    zones           = [var.zone]
    version         = var.kubernetes_version
    public_endpoint = length(var.api_clients) > 0
    platform_nodes  = { cores = 4, memory_gb = 16, max_nodes = 5 }
    # A training that was cut off starts again.
    training_nodes = { cores = 8, memory_gb = 32, max_nodes = 1, preemptible = true }
  }

  database = {
    zones  = [var.zone]
    disk   = { size_gb = 20, limit_gb = 50 }
    backup = { retain_days = 7 }
  }

  storage = { bucket_prefix = var.bucket_prefix, old_versions_days = 30 }

  secrets = {
    prefix = "staging-"
    by_people = {
      serving-api-keys = ["api-keys.yaml"]
      stream-api-key   = ["api-key"]
      dags-deploy-key  = ["gitSshKey", "known_hosts"]
      postgres-ca      = ["ca.crt"]
    }
  }

  edge = {
    host             = var.host
    dns_zone         = var.dns_zone
    allowed_clients  = var.allowed_clients
    balancer_subnets = { (var.zone) = "10.10.48.0/26" }
    balancer_units   = { max = 4 }
  }

  monitoring = { prometheus_workspace_id = var.prometheus_workspace_id }
  ci         = var.ci
}
