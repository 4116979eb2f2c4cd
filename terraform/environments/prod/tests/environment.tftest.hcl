mock_provider "yandex" {
  source          = "../mocks"
  override_during = plan
}

variables {
  folder_id   = "b1g00000000000000000"
  host        = "scoring.example.com"
  dns_zone    = { domain = "example.com" }
  api_clients = ["203.0.113.0/24"]
  ci = {
    federation_id       = "aje00000000000000002"
    external_subject_id = "repo:example/retraining:environment:production"
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
run "any_zone_may_fail" {
  command = plan

  assert {
    condition     = { for name, group in module.platform.node_groups : group.zone => group.min if group.pool == "platform" } == { ru-central1-a = 1, ru-central1-b = 1, ru-central1-d = 1 } && module.platform.node_groups["training"].min == 0
    error_message = "A node in each zone at rest, three together; none for training."
  }

  assert {
    condition     = output.ceiling == { nodes = 9, cores = 72, memory_gb = 288, disk_gb = 864 }
    error_message = "What it may grow to, said once more: README.md and quotas go with it."
  }

  assert {
    condition     = output.environment == "production" && output.name == "retraining-production" && output.cluster.name == "retraining-production" && output.folder_id == var.folder_id
    error_message = "It says which one it is."
  }

  assert {
    condition     = output.database == { host = "c-c9q00000000000000000.rw.mdb.yandexcloud.net", port = 6432, mlflow_database = "mlflow", airflow_database = "airflow" }
    error_message = "The database is reached by the name that follows its master, at the pooler's port."
  }

  assert {
    condition     = output.storage == { endpoint = "https://storage.yandexcloud.net", region = "ru-central1", buckets = { mlflow = "retraining-production-mlflow", pipeline = "retraining-production" } }
    error_message = "Buckets are those that helm/values/production names."
  }

  assert {
    condition     = jsonencode(output.edge) == jsonencode({ url = "https://scoring.example.com", host = "scoring.example.com", address = "203.0.113.10", gateway_address = "10.10.0.10", gateway_subnet_id = "e9b00000000000000000", client_cidrs = ["10.10.48.0/26", "10.10.48.64/26", "10.10.48.128/26"] })
    error_message = "The edge's address in all zones, and the gateway's behind it."
  }

  assert {
    condition = output.secrets.secret_keys == {
      for name, keys in merge(
        yamldecode(file("${path.module}/../../../helm/platform/values.yaml")).externalSecrets.secrets,
        yamldecode(file("${path.module}/../../../helm/values/production/platform.yaml")).externalSecrets.secrets,
      ) : name => sort(keys)
    }
    error_message = "Lockbox holds what helm/platform/values.yaml and helm/values/production/platform.yaml list together."
  }

  assert {
    condition     = keys(output.secrets.from_elsewhere) == ["blessing-signing-key", "dags-deploy-key", "postgres-ca", "serving-api-keys", "serving-signature-keys", "stream-api-key"] && output.secrets.prefix == "production-" && output.secrets.folder_id == var.folder_id
    error_message = "A person fills six secrets."
  }

  assert {
    condition     = toset(keys(terraform_data.data_stays)) == toset(keys(module.platform.data_ids)) && length(setsubtract(["cluster", "database", "bucket mlflow", "bucket pipeline", "bucket access-logs", "key of buckets", "key of secrets", "key of the cluster's secrets", "secret mlflow-database"], keys(terraform_data.data_stays))) == 0
    error_message = "Whatever holds data has a guard."
  }
}
