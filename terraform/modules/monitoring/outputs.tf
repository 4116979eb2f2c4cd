output "log_group_id" {
  description = "Log group of the managed parts, for those that write into it."
  value       = yandex_logging_group.this.id
}

output "dashboard_id" {
  description = "Dashboard of the managed parts."
  value       = yandex_monitoring_dashboard.this.dashboard_id
}

output "remote_write" {
  description = "Where Prometheus writes to (`url`), and the key of the Lockbox secret that it does so with (`secret_id`, `entry`); null where it does not."
  value = var.remote_write == null ? null : {
    url       = local.remote_write_url
    secret_id = yandex_lockbox_secret.remote_write["remote-write"].id
    entry     = local.remote_write_entry
  }
}

output "service_account_ids" {
  description = "Ids of the accounts, by what they are for."
  value       = { for name, account in yandex_iam_service_account.this : name => account.id }
}
