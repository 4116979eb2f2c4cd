mock_provider "yandex" {
  source          = "../mocks"
  override_during = plan
}

variables {
  folder_id       = "b1g00000000000000000"
  host            = "scoring.staging.example.com"
  dns_zone        = { domain = "staging.example.com" }
  allowed_clients = ["203.0.113.0/24"]
  api_clients     = ["203.0.113.0/24"]
  ci = {
    federation_id       = "aje00000000000000002"
    external_subject_id = "repo:example/retraining:environment:staging"
  }
  prometheus_workspace_id = "mon00000000000000000"
}

# Every address and id of the mock is the same; these tell the zones apart.
override_resource {
  target          = module.platform.module.network.yandex_vpc_subnet.this["ru-central1-b"]
  override_during = plan
  values          = { id = "e2l00000000000000000" }
}

override_resource {
  target          = module.platform.module.network.yandex_vpc_subnet.this["ru-central1-d"]
  override_during = plan
  values          = { id = "fl800000000000000000" }
}

override_resource {
  target          = module.platform.module.registry.yandex_iam_service_account.this["ci"]
  override_during = plan
  values          = { id = "aje00000000000000001" }
}

# One run: a plan takes two seconds. What all of its resources have in common is asked of the plan itself, by
# serving/test/terraform.
run "what_production_is_as_small_as_it_can_be" {
  command = plan

  assert {
    condition     = sum([for group in values(module.platform.node_groups) : group.min if group.pool == "platform"]) == 3 && module.platform.node_groups["training"].min == 0
    error_message = "Three nodes at rest; none for training."
  }

  assert {
    condition     = output.ceiling == { nodes = 6, cores = 28, memory_gb = 112, disk_gb = 576 }
    error_message = "What it may grow to, said once more: README.md and quotas go with it."
  }

  assert {
    condition     = output.environment == "staging" && output.name == "retraining-staging" && output.cluster.name == "retraining-staging" && output.folder_id == var.folder_id
    error_message = "It says which one it is."
  }

  assert {
    condition     = output.database == { host = "c-c9q00000000000000000.rw.mdb.yandexcloud.net", port = 6432, mlflow_database = "mlflow", airflow_database = "airflow" }
    error_message = "The database is reached by the name that follows its master, at the pooler's port."
  }

  assert {
    condition     = output.storage == { endpoint = "https://storage.yandexcloud.net", region = "ru-central1", buckets = { mlflow = "retraining-staging-mlflow", pipeline = "retraining-staging" } }
    error_message = "Buckets are those that helm/values/staging names."
  }

  assert {
    condition     = jsonencode(output.edge) == jsonencode({ url = "https://scoring.staging.example.com", host = "scoring.staging.example.com", address = "203.0.113.10", gateway_address = "10.10.0.10", gateway_subnet_id = "e9b00000000000000000", client_cidrs = ["10.10.48.0/26"] })
    error_message = "The edge's address, and the gateway's behind it, in the zone of the cluster."
  }

  assert {
    condition = output.secrets.secret_keys == {
      for name, keys in merge(
        yamldecode(file("${path.module}/../../../helm/platform/values.yaml")).externalSecrets.secrets,
        yamldecode(file("${path.module}/../../../helm/values/staging/platform.yaml")).externalSecrets.secrets,
      ) : name => sort(keys)
    }
    error_message = "Lockbox holds what helm/platform/values.yaml and helm/values/staging/platform.yaml list together."
  }

  assert {
    condition     = keys(output.secrets.from_elsewhere) == ["dags-deploy-key", "postgres-ca", "serving-api-keys", "stream-api-key"] && output.secrets.prefix == "staging-" && output.secrets.folder_id == var.folder_id
    error_message = "A person fills four secrets."
  }

  assert {
    condition     = toset(keys(terraform_data.data_stays)) == toset(keys(module.platform.data_ids)) && length(setsubtract(["cluster", "database", "bucket mlflow", "bucket pipeline", "bucket access-logs", "key of buckets", "key of secrets", "key of the cluster's secrets", "secret mlflow-database"], keys(terraform_data.data_stays))) == 0
    error_message = "Whatever holds data has a guard."
  }
}
