output "lockbox" {
  description = "Folder and prefix: `externalSecrets.lockbox` of the platform's chart."
  value       = { folderId = var.folder_id, prefix = var.prefix }
}

output "secret_ids" {
  description = "Ids of the secrets by name, for modules that add versions: keys of buckets, passwords of databases."
  value       = { for name, secret in yandex_lockbox_secret.this : name => secret.id }
}

output "secret_keys" {
  description = "Keys of each secret by name: `externalSecrets.secrets` of the platform's chart."
  value       = { for name, entries in var.secrets : name => keys(entries) }
}

output "secrets_from_elsewhere" {
  description = "Secrets that get no version from here, with their keys. Pods that want them wait until somebody has added one."
  value       = { for name, entries in var.secrets : name => keys(entries) if contains(values(entries), "elsewhere") }
}

output "reader_service_account_id" {
  description = "Account of the External Secrets operator. A person makes its authorized key: the only secret that is not in Lockbox."
  value       = yandex_iam_service_account.reader.id
}

output "kms_key_id" {
  description = "The key that encrypts the secrets. Whoever adds versions needs kms.keys.encrypterDecrypter on it."
  value       = yandex_kms_symmetric_key.secrets.id
}
