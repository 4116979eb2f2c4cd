# Whatever holds data that nothing else has: the database, buckets, secrets, the cluster with its volumes, and the keys
# without which none of them can be read. `prevent_destroy` takes no variable, and modules are shared with environments that
# may be lost, so that it is here: what would delete or replace one of these would replace its guard, and the plan fails. To
# add one adds a guard.
#
# A person who means it: `terraform state rm 'terraform_data.data_stays["database"]'`, and the plan after that shows what
# goes, beside a guard that is made anew. `deletion_protection` of the cloud is still in the way, and is lifted apart.
resource "terraform_data" "data_stays" {
  for_each = module.platform.data_ids

  triggers_replace = each.value

  lifecycle {
    prevent_destroy = true
  }
}
