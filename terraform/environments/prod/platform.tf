# Three zones, of which any may fail, and for the internet. Whatever holds data refuses to be deleted, here and in data-stays.tf.
locals {
  zones = ["ru-central1-a", "ru-central1-b", "ru-central1-d"]
}

module "platform" {
  source = "../../modules/platform"

  folder_id   = var.folder_id
  name        = "retraining-production"
  environment = "production"

  network = { api_clients = var.api_clients }

  kubernetes = {
    zones           = local.zones
    version         = var.kubernetes_version
    release_channel = "STABLE"
    public_endpoint = length(var.api_clients) > 0
    platform_nodes  = { cores = 8, memory_gb = 32, max_nodes = 6 }
    training_nodes  = { cores = 8, memory_gb = 32, max_nodes = 3 }
  }

  database = {
    zones       = local.zones
    host_preset = "s3-c4-m16"
    disk        = { size_gb = 50, limit_gb = 200 }
    backup      = { retain_days = 30 }
  }

  storage = { bucket_prefix = var.bucket_prefix }

  secrets = {
    prefix = "production-"
    by_people = {
      serving-api-keys = ["api-keys.yaml"]
      stream-api-key   = ["api-key"]
      dags-deploy-key  = ["gitSshKey", "known_hosts"]
      postgres-ca      = ["ca.crt"]
      # Only what the pipeline has signed is loaded.
      serving-signature-keys = ["signature-keys.pem"]
      blessing-signing-key   = ["signing-key.pem"]
    }
  }

  edge = {
    host            = var.host
    dns_zone        = var.dns_zone
    allowed_clients = var.allowed_clients
    balancer_subnets = {
      ru-central1-a = "10.10.48.0/26"
      ru-central1-b = "10.10.48.64/26"
      ru-central1-d = "10.10.48.128/26"
    }
    balancer_units = { max = 12 }
  }

  monitoring = { log_retention_hours = 720, prometheus_workspace_id = var.prometheus_workspace_id }
  ci         = var.ci
}
