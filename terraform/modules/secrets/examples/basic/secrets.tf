provider "yandex" {
  folder_id = var.folder_id
}

# Production: what every environment has, and what helm/values/production/platform.yaml names besides.
module "secrets" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining-production"
  prefix    = "production-"
  labels    = { environment = "production" }

  secrets = {
    serving             = { ADMIN_TOKEN = "token", MLFLOW_WEBHOOK_SECRET = "token" }
    mlflow-reader       = { username = "text:serving", password = "token" }
    mlflow-editor       = { username = "text:training", password = "token" }
    mlflow-admin        = { username = "text:admin", password = "token" }
    mlflow-server       = { flask-secret-key = "token", webhook-encryption-key = "fernet-key" }
    airflow             = { fernet-key = "fernet-key", api-secret-key = "token", jwt-secret = "token" }
    airflow-api         = { username = "text:admin", password = "token" }
    retraining-requests = { token = "token" }

    # By the modules of buckets and databases.
    mlflow-artifacts = { access-key-id = "elsewhere", secret-access-key = "elsewhere" }
    pipeline-storage = { access-key-id = "elsewhere", secret-access-key = "elsewhere" }
    mlflow-database  = { username = "elsewhere", password = "elsewhere" }
    airflow-database = { username = "elsewhere", password = "elsewhere", connection = "elsewhere" }

    # By a person.
    serving-api-keys       = { "api-keys.yaml" = "elsewhere" }
    stream-api-key         = { api-key = "elsewhere" }
    dags-deploy-key        = { gitSshKey = "elsewhere", known_hosts = "elsewhere" }
    postgres-ca            = { "ca.crt" = "elsewhere" }
    serving-signature-keys = { "signature-keys.pem" = "elsewhere" }
    blessing-signing-key   = { "signing-key.pem" = "elsewhere" }
  }
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "secret_keys" {
  description = "What Helm's values list."
  value       = module.secrets.secret_keys
}

output "secrets_from_elsewhere" {
  description = "What somebody has to fill."
  value       = module.secrets.secrets_from_elsewhere
}
