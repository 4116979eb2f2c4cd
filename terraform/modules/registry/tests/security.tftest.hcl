# Who reaches images, said once more and apart from the rules. Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
}

run "nodes_pull_and_ci_pushes_and_nobody_else_does_anything" {
  command = apply

  assert {
    condition = {
      for binding in values(yandex_cloudregistry_registry_iam_binding.this) : binding.role => binding.members if binding.registry_id == yandex_cloudregistry_registry.images.id
      } == {
      "cloud-registry.artifacts.puller" = toset(["serviceAccount:${output.nodes_service_account_id}"])
      "cloud-registry.artifacts.pusher" = toset(["serviceAccount:${output.ci_service_account_id}"])
    }
    error_message = "Two roles in this registry, each with one account. Nothing is public."
  }

  assert {
    condition     = output.nodes_service_account_id != output.ci_service_account_id
    error_message = "A node that was taken over must not push."
  }
}

run "an_account_says_its_role_and_why" {
  command = apply

  assert {
    condition = alltrue([
      for key, account in yandex_iam_service_account.this :
      startswith(account.description, "${yandex_cloudregistry_registry_iam_binding.this[key].role}: ") && length(account.description) <= 256
    ])
    error_message = "The description begins with the role."
  }
}
