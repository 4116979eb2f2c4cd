# Who may read what, said once more and apart from the rules. Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
  prefix    = "test-"
}

run "secrets_are_encrypted_with_a_key_of_ours_that_changes" {
  command = apply

  assert {
    condition     = alltrue([for secret in values(yandex_lockbox_secret.this) : secret.kms_key_id == yandex_kms_symmetric_key.secrets.id])
    error_message = "Every secret is encrypted with the platform's key."
  }

  assert {
    condition     = yandex_kms_symmetric_key.secrets.rotation_period == "2160h" && yandex_kms_symmetric_key.secrets.default_algorithm == "AES_256"
    error_message = "The key gets a new version every 90 days."
  }
}

run "secrets_refuse_to_be_deleted" {
  command = apply

  assert {
    condition     = yandex_kms_symmetric_key.secrets.deletion_protection && alltrue([for secret in values(yandex_lockbox_secret.this) : secret.deletion_protection])
    error_message = "Unless it was said otherwise, neither secrets nor their key can be deleted."
  }
}

run "the_reader_reads_these_secrets_and_has_no_other_role" {
  command = apply

  assert {
    condition = {
      for name, grant in yandex_lockbox_secret_iam_member.reader : name => "${grant.role} of ${grant.secret_id} to ${grant.member}"
      } == {
      for name, secret in yandex_lockbox_secret.this : name => "lockbox.payloadViewer of ${secret.id} to serviceAccount:${yandex_iam_service_account.reader.id}"
    }
    error_message = "It has lockbox.payloadViewer on each secret: it cannot list, change or delete."
  }

  assert {
    condition = (
      yandex_kms_symmetric_key_iam_member.reader.role == "kms.keys.decrypter" &&
      yandex_kms_symmetric_key_iam_member.reader.symmetric_key_id == yandex_kms_symmetric_key.secrets.id &&
      yandex_kms_symmetric_key_iam_member.reader.member == "serviceAccount:${yandex_iam_service_account.reader.id}"
    )
    error_message = "It decrypts with their key, and does not encrypt."
  }

  assert {
    condition     = strcontains(yandex_iam_service_account.reader.description, "lockbox.payloadViewer") && strcontains(yandex_iam_service_account.reader.description, "kms.keys.decrypter")
    error_message = "The account says what it is for and which roles it has."
  }
}

run "no_secret_is_written_down" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for name, version in yandex_lockbox_secret_version.generated : [
        for entry in version.entries : nonsensitive(entry.text_value) == null || nonsensitive(entry.text_value) == "" || startswith(var.secrets[name][entry.key], "text:")
      ]
    ]))
    error_message = "The state holds names of users, and commands."
  }
}
