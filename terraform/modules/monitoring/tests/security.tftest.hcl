# Who has which role, said once more and apart from the code. Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id    = "b1g00000000000000000"
  name         = "retraining-test"
  remote_write = { workspace_id = "mon00000000000000000", kms_key_id = "abj00000000000000000" }
}

run "one_account_has_one_role" {
  command = apply

  assert {
    condition = {
      for name, grant in yandex_resourcemanager_folder_iam_member.this : name => grant.role
      if grant.member == "serviceAccount:${yandex_iam_service_account.this[name].id}" && grant.folder_id == "b1g00000000000000000"
    } == { remote-write = "monitoring.editor" }
    error_message = "The one role in the folder: a workspace has none of its own, and monitoring.editor is what writing wants."
  }

  assert {
    condition     = keys(yandex_iam_service_account.this) == ["remote-write"] && startswith(yandex_iam_service_account.this["remote-write"].description, "monitoring.editor in the folder: ")
    error_message = "The account says its role, and why."
  }
}

run "its_key_is_for_monitoring_and_in_lockbox" {
  command = apply

  assert {
    condition     = yandex_iam_service_account_api_key.remote_write["remote-write"].scopes == tolist(["yc.monitoring.manage"])
    error_message = "Whatever roles the account is given, its key is good for Monitoring alone."
  }

  assert {
    condition = one(yandex_iam_service_account_api_key.remote_write["remote-write"].output_to_lockbox) == {
      secret_id            = yandex_lockbox_secret.remote_write["remote-write"].id
      entry_for_secret_key = "api-key"
    } && yandex_iam_service_account_api_key.remote_write["remote-write"].service_account_id == output.service_account_ids["remote-write"]
    error_message = "The key goes from the cloud straight into Lockbox."
  }

  assert {
    condition     = yandex_lockbox_secret.remote_write["remote-write"].kms_key_id == "abj00000000000000000"
    error_message = "The secret is encrypted with a key of ours."
  }
}
