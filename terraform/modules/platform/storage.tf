locals {
  # Below the pipeline's bucket, `workspace/` is where tasks leave files for each other: a folder for each run. Of the
  # retraining it is named after the run, whose id begins with what started it; of the other DAGs it is below a folder of the
  # DAG. `workspace/<dag>-state/` is kept from run to run, `data/` is the bank's, and neither is in this list.
  runs_of_retraining = ["asset_materialization__", "asset_triggered__", "backfill__", "manual__", "operator_triggered__", "scheduled__"]
  other_dags         = ["champion_baking", "drift_detection", "model_quality_monitoring", "promote_challenger"]

  pipeline_expiry = merge(
    { for run in local.runs_of_retraining : "workspace/${run}" => 30 },
    { for dag in local.other_dags : "workspace/${dag}/" => 14 },
    { "logs/airflow/" = 90 },
  )
}

module "storage" {
  source = "../storage"
  count  = var.storage == null ? 0 : 1

  folder_id           = var.folder_id
  name                = var.name
  labels              = local.labels
  deletion_protection = var.deletion_protection

  buckets = {
    mlflow = {
      name              = "${var.storage.bucket_prefix}-mlflow"
      old_versions_days = var.storage.old_versions_days
      accounts = {
        mlflow = { role = "storage.uploader", reason = "MLflow's server keeps and hands out artifacts; it deletes none." }
      }
    }
    pipeline = {
      name              = var.storage.bucket_prefix
      old_versions_days = var.storage.old_versions_days
      expire_days       = local.pipeline_expiry
      accounts = {
        pipeline = { role = "storage.uploader", reason = "Tasks read the data set, leave files for each other, and write their logs." }
      }
    }
  }

  access_keys = {
    mlflow   = module.secrets[0].secret_ids["mlflow-artifacts"]
    pipeline = module.secrets[0].secret_ids["pipeline-storage"]
  }
  access_log_bucket = "${var.storage.bucket_prefix}-access-logs"
}
