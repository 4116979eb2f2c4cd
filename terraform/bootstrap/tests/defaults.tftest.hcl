# What the first apply in a folder makes, and who may do what by it. The mock makes up ids, so that they can be compared; nothing
# is applied, for data-stays.tf would not let it be cleared away.
mock_provider "yandex" {
  source          = "../environments/mocks"
  override_during = plan
}

variables {
  folder_id         = "b1g00000000000000000"
  state_bucket      = "test-retraining-terraform-state"
  operators         = ["userAccount:aje00000000000000000", "group:ajg00000000000000000"]
  github_repository = "example/retraining"
}

run "the_state_is_kept_in_a_bucket_whose_key_nobody_sees" {
  command = plan

  assert {
    condition     = output.state == { bucket = "test-retraining-terraform-state", key_secret_id = yandex_lockbox_secret.state_key.id }
    error_message = "backend.hcl names the bucket; the secret holds the key."
  }

  assert {
    condition     = keys(module.state.service_account_ids) == ["state"] && yandex_lockbox_secret.state_key.kms_key_id == module.state.kms_key_id && yandex_lockbox_secret.state_key.deletion_protection
    error_message = "One account is in the bucket; its key lies in a secret that is encrypted and refuses to be deleted."
  }
}

run "what_is_needed_to_know_what_there_is_stays" {
  command = plan

  assert {
    condition = { for name, guard in terraform_data.data_stays : name => guard.triggers_replace } == {
      "bucket of states"       = module.state.bucket_ids["state"]
      "bucket of its requests" = module.state.bucket_ids["access-logs"]
      "key of states"          = module.state.kms_key_id
      "secret of the state"    = yandex_lockbox_secret.state_key.id
    }
    error_message = "The states, and what reads them, have guards."
  }
}

# Every role that this gives to anybody, said once more: to give another is to change this table.
run "everybody_s_roles_are_these" {
  command = plan

  assert {
    condition = { for role, grant in yandex_resourcemanager_folder_iam_member.terraform : role => grant.member == "serviceAccount:${yandex_iam_service_account.terraform.id}" && grant.folder_id == var.folder_id } == {
      "alb.editor"                                  = true
      "certificate-manager.certificates.downloader" = true
      "certificate-manager.editor"                  = true
      "cloud-registry.admin"                        = true
      "connection-manager.viewer"                   = true
      "dns.editor"                                  = true
      "iam.serviceAccounts.admin"                   = true
      "iam.serviceAccounts.user"                    = true
      "iam.workloadIdentityFederations.editor"      = true
      "iam.workloadIdentityFederations.user"        = true
      "k8s.admin"                                   = true
      "kms.admin"                                   = true
      "lockbox.admin"                               = true
      "logging.editor"                              = true
      "managed-postgresql.editor"                   = true
      "monitoring.editor"                           = true
      "resource-manager.admin"                      = true
      "smart-web-security.editor"                   = true
      "storage.admin"                               = true
      "vpc.admin"                                   = true
    }
    error_message = "In the folder, Terraform's account alone has roles, and these."
  }

  assert {
    condition = { for member, grant in yandex_iam_service_account_iam_member.operators : member => "${grant.role} of ${grant.service_account_id}" } == {
      for member in var.operators : member => "iam.serviceAccounts.tokenCreator of ${yandex_iam_service_account.terraform.id}"
    }
    error_message = "Operators take the place of Terraform's account, and of no other."
  }

  assert {
    condition = (
      { for member, grant in yandex_lockbox_secret_iam_member.operators : member => "${grant.role} of ${grant.secret_id}" } == { for member in var.operators : member => "lockbox.payloadViewer of ${yandex_lockbox_secret.state_key.id}" } &&
      { for member, grant in yandex_kms_symmetric_key_iam_member.operators : member => "${grant.role} of ${grant.symmetric_key_id}" } == { for member in var.operators : member => "kms.keys.decrypter of ${module.state.kms_key_id}" }
    )
    error_message = "They read the key of the state, and may not change it."
  }
}

run "ci_is_believed_by_what_github_says_of_its_environment" {
  command = plan

  assert {
    condition = (
      yandex_iam_workload_identity_oidc_federation.github.issuer == "https://token.actions.githubusercontent.com" &&
      yandex_iam_workload_identity_oidc_federation.github.audiences == toset(["https://github.com/example"])
    )
    error_message = "Only tokens that GitHub made for the owner of the repository count."
  }

  assert {
    condition = output.ci == {
      staging    = { federation_id = yandex_iam_workload_identity_oidc_federation.github.id, external_subject_id = "repo:example/retraining:environment:staging" }
      production = { federation_id = yandex_iam_workload_identity_oidc_federation.github.id, external_subject_id = "repo:example/retraining:environment:production" }
    }
    error_message = "Jobs of an environment of this repository: no branch, no pull request."
  }

  assert {
    condition     = output.terraform_service_account_id == yandex_iam_service_account.terraform.id
    error_message = "Operators are told whose place they take."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name         = "a2345678901234567890123456789012345678"
    state_bucket = "a2345678901234567890123456789012345678901234567890"
  }

  assert {
    condition = alltrue([
      for name in [yandex_iam_service_account.terraform.name, yandex_lockbox_secret.state_key.name, yandex_iam_workload_identity_oidc_federation.github.name, module.state.access_log_bucket] : length(name) <= 63
    ])
    error_message = "The cloud takes names of at most 63 characters."
  }
}
