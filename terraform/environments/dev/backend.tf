# In the bucket that terraform/bootstrap made. backend.hcl names it (backend.hcl.example); keys are in the environment.
terraform {
  backend "s3" {
    key    = "dev/terraform.tfstate"
    region = "ru-central1"

    endpoints = {
      s3 = "https://storage.yandexcloud.net"
    }

    # Whoever comes second is refused, and told who holds the lock (README.md of terraform/).
    use_lockfile = true

    # Object Storage speaks S3 and is not Amazon: there is no other service to ask about region, account or credentials.
    skip_region_validation      = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    skip_s3_checksum            = true
  }
}
