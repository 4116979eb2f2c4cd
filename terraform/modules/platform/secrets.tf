locals {
  # What the platform's chart reads in every environment that has Lockbox.
  secrets_made_here = {
    serving             = { ADMIN_TOKEN = "token", MLFLOW_WEBHOOK_SECRET = "token" }
    mlflow-reader       = { username = "text:serving", password = "token" }
    mlflow-editor       = { username = "text:training", password = "token" }
    mlflow-admin        = { username = "text:admin", password = "token" }
    mlflow-server       = { flask-secret-key = "token", webhook-encryption-key = "fernet-key" }
    airflow             = { fernet-key = "fernet-key", api-secret-key = "token", jwt-secret = "token" }
    airflow-api         = { username = "text:admin", password = "token" }
    retraining-requests = { token = "token" }
  }

  # Filled by the modules of buckets and of the database.
  secrets_of_modules = merge(
    var.storage == null ? {} : {
      mlflow-artifacts = ["access-key-id", "secret-access-key"]
      pipeline-storage = ["access-key-id", "secret-access-key"]
    },
    var.database == null ? {} : {
      mlflow-database  = ["username", "password"]
      airflow-database = ["username", "password", "connection"]
    },
  )

  secrets_of_people = try(var.secrets.by_people, {})
}

module "secrets" {
  source = "../secrets"
  count  = var.secrets == null ? 0 : 1

  folder_id           = var.folder_id
  name                = var.name
  labels              = local.labels
  deletion_protection = var.deletion_protection
  prefix              = var.secrets.prefix
  secrets = merge(local.secrets_made_here, {
    for name, keys in merge(local.secrets_of_modules, local.secrets_of_people) : name => { for key in keys : key => "elsewhere" }
  })
}
