mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
  prefix    = "test-"
}

run "the_secrets_are_those_of_the_platform_s_chart" {
  command = plan

  assert {
    condition = {
      for name, keys in output.secret_keys : name => sort(keys)
      } == {
      for name, keys in yamldecode(file("${path.module}/../../../helm/platform/values.yaml")).externalSecrets.secrets : name => sort(keys)
    }
    error_message = "externalSecrets.secrets of helm/platform/values.yaml and the default of `secrets` list the same secrets and keys."
  }

  assert {
    condition     = alltrue([for name, secret in yandex_lockbox_secret.this : secret.name == "test-${name}" && secret.folder_id == "b1g00000000000000000"])
    error_message = "In Lockbox their names begin with the prefix."
  }
}

run "the_example_has_what_production_wants" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition = {
      for name, keys in output.secret_keys : name => sort(keys)
      } == {
      for name, keys in merge(
        yamldecode(file("${path.module}/../../../../../helm/platform/values.yaml")).externalSecrets.secrets,
        yamldecode(file("${path.module}/../../../../../helm/values/production/platform.yaml")).externalSecrets.secrets,
      ) : name => sort(keys)
    }
    error_message = "The example lists what helm/platform/values.yaml and helm/values/production/platform.yaml list together."
  }
}

run "all_values_but_names_of_users_are_made_by_the_command" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for name, version in yandex_lockbox_secret_version.generated : [
        for entry in version.entries : entry.key == "username" ? length(entry.command) == 0 : length(entry.command) == 1
      ]
    ]))
    error_message = "Only names of users are written down."
  }

  assert {
    condition = {
      for entry in yandex_lockbox_secret_version.generated["mlflow-server"].entries : entry.key => entry.command[0].args
    } == { flask-secret-key = tolist(["token"]), webhook-encryption-key = tolist(["fernet-key"]) }
    error_message = "The command is told what to make."
  }

  assert {
    condition = alltrue(flatten([
      for name, version in yandex_lockbox_secret_version.generated : [
        for entry in version.entries : [for command in entry.command : fileexists(command.path)]
      ]
    ]))
    error_message = "The command is there."
  }

  assert {
    condition = nonsensitive({
      for entry in yandex_lockbox_secret_version.generated["mlflow-reader"].entries : entry.key => entry.text_value if entry.key == "username"
    }) == { username = "serving" }
    error_message = "The name of a user is taken as it was given."
  }
}

run "what_comes_from_elsewhere_gets_no_version" {
  command = plan

  assert {
    condition = (
      toset(keys(output.secrets_from_elsewhere)) == toset(["mlflow-database", "mlflow-artifacts", "pipeline-storage", "airflow-database"]) &&
      length(setintersection(keys(output.secrets_from_elsewhere), keys(yandex_lockbox_secret_version.generated))) == 0
    )
    error_message = "Keys of buckets and passwords of databases are added by those who make them."
  }

  assert {
    condition     = toset(concat(keys(output.secrets_from_elsewhere), keys(yandex_lockbox_secret_version.generated))) == toset(keys(var.secrets))
    error_message = "Every secret is made here or comes from elsewhere."
  }
}

run "versions_are_of_their_own_secret" {
  # Applied to a mock, so that ids are there to compare.
  command = apply

  assert {
    condition     = alltrue([for name, version in yandex_lockbox_secret_version.generated : version.secret_id == output.secret_ids[name]])
    error_message = "Each version is of the secret of its name."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name = "a2345678902345678902345678902345678902345678902x"
  }

  assert {
    condition     = alltrue([for name in concat([yandex_kms_symmetric_key.secrets.name, yandex_iam_service_account.reader.name], values(yandex_lockbox_secret.this)[*].name) : length(name) <= 63])
    error_message = "The cloud takes names of at most 63 characters."
  }
}
