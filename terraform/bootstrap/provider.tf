# Who applies says so by the environment: YC_TOKEN (`yc iam create-token`), or YC_SERVICE_ACCOUNT_KEY_FILE. Nothing of it is
# here, nor in the state.
provider "yandex" {
  folder_id = var.folder_id
}
