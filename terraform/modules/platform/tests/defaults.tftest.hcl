# What is joined with what. Which roles there are, what is open and what is private is asked of the environments' plans, by
# serving/test/terraform.
mock_provider "yandex" {
  source          = "../../environments/mocks"
  override_during = plan
}

variables {
  folder_id   = "b1g00000000000000000"
  name        = "retraining-test"
  environment = "staging"
  kubernetes  = { zones = ["ru-central1-b"], version = "1.33" }
}

override_resource {
  target          = module.network.yandex_vpc_subnet.this["ru-central1-b"]
  override_during = plan
  values          = { id = "e2l00000000000000000" }
}

run "without_anything_else_it_is_a_cluster_and_a_registry" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = yamldecode(output.kubeconfig).clusters[0].name == "retraining-dev"
    error_message = "The example makes a cluster."
  }
}

run "whatever_is_left_out_is_not_made" {
  command = plan

  assert {
    condition     = length(module.database) + length(module.storage) + length(module.secrets) + length(module.edge) + length(yandex_iam_workload_identity_federated_credential.images) == 0
    error_message = "Null is none."
  }

  assert {
    condition     = output.database == null && output.storage == null && output.secrets == null && output.edge == null && output.monitoring.remote_write_url == null && length(output.name_servers) == 0
    error_message = "And outputs say so."
  }

  assert {
    condition     = keys(output.data_ids) == ["cluster", "key of the cluster's secrets"]
    error_message = "Of what holds data, there is the cluster, and the key of its secrets."
  }
}

run "everything_is_joined" {
  command = plan

  variables {
    network = { api_clients = ["203.0.113.0/24"] }
    secrets = { prefix = "test-", by_people = { serving-api-keys = ["api-keys.yaml"] } }
    storage = { bucket_prefix = "retraining-test" }
    database = {
      zones = ["ru-central1-b"]
    }
    edge = {
      host             = "scoring.example.com"
      dns_zone         = { domain = "example.com" }
      balancer_subnets = { ru-central1-b = "10.10.48.0/26" }
    }
    monitoring = { prometheus_workspace_id = "mon00000000000000000" }
    ci         = { federation_id = "aje00000000000000002", external_subject_id = "repo:example/retraining:environment:staging" }
  }

  assert {
    condition     = output.edge.gateway_subnet_id == "e2l00000000000000000" && output.network.subnets["ru-central1-b"].id == "e2l00000000000000000" && jsonencode(output.edge.client_cidrs) == jsonencode(["10.10.48.0/26"])
    error_message = "The gateway is where the cluster is, and believes the balancer's subnets."
  }

  assert {
    condition = (
      yandex_iam_workload_identity_federated_credential.images[0].external_subject_id == "repo:example/retraining:environment:staging" &&
      yandex_iam_workload_identity_federated_credential.images[0].federation_id == "aje00000000000000002" &&
      yandex_iam_workload_identity_federated_credential.images[0].service_account_id == output.registry.ci_service_account_id
    )
    error_message = "Jobs are the registry's own account."
  }

  assert {
    condition     = output.secrets.from_elsewhere == { serving-api-keys = tolist(["api-keys.yaml"]) } && contains(keys(output.secrets.secret_keys), "mlflow-database") && contains(keys(output.secrets.secret_keys), "pipeline-storage")
    error_message = "A person is asked for no more than what nobody here fills."
  }

  assert {
    condition     = endswith(output.monitoring.remote_write_url, "/mon00000000000000000/api/v1/write") && output.name_servers == ["ns1.yandexcloud.net", "ns2.yandexcloud.net"]
    error_message = "Prometheus writes to the workspace, and the domain is delegated."
  }

  assert {
    condition = sort(keys(output.data_ids)) == sort(concat(
      ["cluster", "database", "key of the database", "bucket mlflow", "bucket pipeline", "bucket access-logs", "key of buckets", "key of secrets", "key of the cluster's secrets"],
      [for name in keys(output.secrets.secret_keys) : "secret ${name}"],
    ))
    error_message = "Environments are told of everything that holds data."
  }

  assert {
    condition = alltrue([for file in fileset("${path.module}/../../../dags", "*.py") :
      file == "credit_scoring_retraining.py" || contains(keys(local.pipeline_expiry), "workspace/${trimsuffix(file, ".py")}/")
    ])
    error_message = "What runs of each DAG leave below workspace/ expires: a DAG is missing in other_dags."
  }

  assert {
    condition     = alltrue([for prefix in keys(local.pipeline_expiry) : !startswith("workspace/drift_detection-state/", prefix) && !startswith("data/", prefix)])
    error_message = "What DAGs keep from run to run stays, as do data sets."
  }
}
