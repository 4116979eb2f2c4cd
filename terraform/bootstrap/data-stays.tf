# Without the states nobody knows any more what belongs to an environment: as in environments/prod/data-stays.tf, what would
# delete or replace one of these would replace its guard, and the plan fails. README.md says how a person who means it does it.
resource "terraform_data" "data_stays" {
  for_each = {
    "bucket of states"       = module.state.bucket_ids["state"]
    "key of states"          = module.state.kms_key_id
    "secret of the state"    = yandex_lockbox_secret.state_key.id
    "bucket of its requests" = module.state.bucket_ids["access-logs"]
  }

  triggers_replace = each.value

  lifecycle {
    prevent_destroy = true
  }
}
