provider "yandex" {
  folder_id = var.folder_id
}

# Where the keys of accounts go: of what the platform's chart reads, what buckets have to do with.
module "secrets" {
  source = "../../../secrets"

  folder_id = var.folder_id
  name      = "retraining-production"
  prefix    = "production-"
  labels    = { environment = "production" }

  secrets = {
    mlflow-artifacts = { access-key-id = "elsewhere", secret-access-key = "elsewhere" }
    pipeline-storage = { access-key-id = "elsewhere", secret-access-key = "elsewhere" }
  }
}

# What helm/values/production names, and the state of Terraform.
module "storage" {
  source = "../.."

  folder_id = var.folder_id
  name      = "retraining-production"
  labels    = { environment = "production" }

  buckets = {
    models = {
      name = "retraining-production-mlflow"
      accounts = {
        mlflow = { role = "storage.uploader", reason = "MLflow's server keeps and hands out artifacts; it deletes none." }
      }
    }
    pipeline = {
      name = "retraining-production"
      # Files that tasks leave for each other, below a folder for each run. `workspace/<dag>-state/` is kept from run to
      # run, and is not in the list.
      expire_days = {
        "workspace/manual__"                  = 30
        "workspace/scheduled__"               = 30
        "workspace/asset_triggered__"         = 30
        "workspace/drift_detection/"          = 14
        "workspace/model_quality_monitoring/" = 14
        "logs/airflow/"                       = 90
      }
      accounts = {
        pipeline = { role = "storage.uploader", reason = "Tasks read the data set, leave files for each other, and write their logs." }
      }
    }
    state = {
      name              = "retraining-production-state"
      old_versions_days = 365
      accounts = {
        terraform = { role = "storage.editor", reason = "Terraform writes its state, and deletes the lock that it holds meanwhile." }
      }
    }
  }

  access_keys = {
    mlflow   = module.secrets.secret_ids["mlflow-artifacts"]
    pipeline = module.secrets.secret_ids["pipeline-storage"]
  }

  access_log_bucket = "retraining-production-access-logs"
}

variable "folder_id" {
  type        = string
  description = "Folder in which the example is made."
}

output "buckets" {
  description = "Names of the buckets."
  value       = module.storage.buckets
}

output "endpoint" {
  description = "Where S3 is spoken."
  value       = module.storage.endpoint
}
