locals {
  # What is made here. A secret that another module or a person fills gets no version from here.
  generated = { for name, entries in var.secrets : name => entries if !contains(values(entries), "elsewhere") }
}

# The provider runs the command where Terraform runs, and hands what it prints to Lockbox: the state knows the command.
resource "yandex_lockbox_secret_version" "generated" {
  for_each = local.generated

  secret_id   = yandex_lockbox_secret.this[each.key].id
  description = "Made by Terraform."

  dynamic "entries" {
    for_each = each.value
    iterator = entry
    content {
      key        = entry.key
      text_value = startswith(entry.value, "text:") ? trimprefix(entry.value, "text:") : null

      dynamic "command" {
        for_each = startswith(entry.value, "text:") ? [] : [entry.value]
        iterator = kind
        content {
          path = "${path.module}/generate.sh"
          args = [kind.value]
        }
      }
    }
  }

  lifecycle {
    # To make a new value is meant, never a side effect of a file that moved: `terraform apply -replace=...`.
    ignore_changes        = [entries]
    create_before_destroy = true
  }
}
