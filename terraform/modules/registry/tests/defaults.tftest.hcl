# Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
}

run "a_registry_of_images" {
  command = apply

  assert {
    condition     = yandex_cloudregistry_registry.images.kind == "DOCKER" && yandex_cloudregistry_registry.images.type == "LOCAL" && yandex_cloudregistry_registry.images.folder_id == "b1g00000000000000000"
    error_message = "It holds images, and they are its own."
  }

  assert {
    condition     = output.image_registry == "registry.yandexcloud.net/${output.registry_id}" && output.registry_id == yandex_cloudregistry_registry.images.id
    error_message = "Names of images begin with the registry's address and id."
  }
}

run "every_image_is_scanned_when_pushed_and_every_day" {
  command = apply

  assert {
    condition = (
      yandex_cloudregistry_scan_policy.images.registry_id == yandex_cloudregistry_registry.images.id &&
      !yandex_cloudregistry_scan_policy.images.disabled && yandex_cloudregistry_scan_policy.images.scan_lang_packages
    )
    error_message = "The policy is the registry's, is on, and looks into packages of languages."
  }

  assert {
    condition     = !yandex_cloudregistry_scan_policy.images.rules.push_rule.disabled && yandex_cloudregistry_scan_policy.images.rules.push_rule.paths == tolist(["*"])
    error_message = "Whatever is pushed is scanned."
  }

  assert {
    condition = [for rule in yandex_cloudregistry_scan_policy.images.rules.schedule_rules : "${rule.disabled} ${rule.amount} ${rule.interval_unit} ${join(",", rule.paths)}"] == [
      "false 1 DAYS *"
    ]
    error_message = "Everything is scanned again every day."
  }
}

run "rescans_can_be_rarer" {
  command = apply

  variables {
    rescan_days = 7
  }

  assert {
    condition     = yandex_cloudregistry_scan_policy.images.rules.schedule_rules[0].amount == 7
    error_message = "After as many days as were said."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name = "a234567890234567890234567890234567890234567890234x"
  }

  assert {
    condition = alltrue([
      for name in concat([yandex_cloudregistry_registry.images.name, yandex_cloudregistry_scan_policy.images.name], values(yandex_iam_service_account.this)[*].name) : length(name) <= 63
    ])
    error_message = "The cloud takes names of at most 63 characters."
  }
}

run "the_example_plans" {
  command = plan

  module {
    source = "./examples/basic"
  }
}
