output "buckets" {
  description = "Names of the buckets, by what they are for."
  value       = { for key, bucket in yandex_storage_bucket.this : key => bucket.bucket }
}

output "bucket_ids" {
  description = "Ids of the buckets, by what they are for, and of the log of requests as `access-logs`: they change when a bucket is made anew."
  value       = merge({ for key, bucket in yandex_storage_bucket.this : key => bucket.id }, { access-logs = yandex_storage_bucket.access_logs.id })
}

output "access_log_bucket" {
  description = "Name of the bucket with the requests to all others."
  value       = yandex_storage_bucket.access_logs.bucket
}

output "service_account_ids" {
  description = "Ids of the accounts, by name."
  value       = { for name, account in yandex_iam_service_account.this : name => account.id }
}

output "kms_key_id" {
  description = "The key that encrypts objects. Who is given a role in a bucket needs one here, too."
  value       = yandex_kms_symmetric_key.objects.id
}

output "endpoint" {
  description = "Where S3 is spoken, for Helm's values."
  value       = "https://storage.yandexcloud.net"
}
