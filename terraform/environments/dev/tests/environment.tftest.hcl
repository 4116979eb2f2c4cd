mock_provider "yandex" {
  source          = "../mocks"
  override_during = plan
}

variables {
  folder_id   = "b1g00000000000000000"
  api_clients = ["203.0.113.0/24"]
  ci = {
    federation_id       = "aje00000000000000002"
    external_subject_id = "repo:example/retraining:environment:dev"
  }
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
run "a_platform_that_may_be_gone_tomorrow" {
  command = plan

  assert {
    condition     = sum([for group in values(module.platform.node_groups) : group.min if group.pool == "platform"]) == 3 && module.platform.node_groups["training"].min == 0
    error_message = "Three nodes at rest; none for training."
  }

  assert {
    condition     = output.ceiling == { nodes = 5, cores = 20, memory_gb = 40, disk_gb = 320 }
    error_message = "What it may grow to, said once more: README.md and quotas go with it."
  }

  assert {
    condition     = output.environment == "dev" && output.name == "retraining-dev" && output.cluster.name == "retraining-dev" && output.folder_id == var.folder_id
    error_message = "It says which one it is."
  }

  assert {
    condition     = output.database == null && output.storage == null && output.secrets == null && output.edge == null && output.monitoring.remote_write_url == null
    error_message = "Whatever holds data is in the cluster, and there is no way in."
  }

  assert {
    condition     = output.cluster.endpoint == "https://203.0.113.20" && strcontains(output.kubeconfig, "https://203.0.113.20")
    error_message = "Who is named reaches the API of Kubernetes from the internet."
  }
}

run "the_api_is_in_the_network_alone_unless_somebody_is_named" {
  command = plan

  variables {
    api_clients = []
    ci          = null
  }

  assert {
    condition     = output.cluster.endpoint == "https://10.10.0.20"
    error_message = "Without clients, the API has no address in the internet."
  }
}
