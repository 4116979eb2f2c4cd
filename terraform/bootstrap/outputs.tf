output "terraform_service_account_id" {
  description = "Whose place operators take: `yc iam create-token --impersonate-service-account-id <this>`."
  value       = yandex_iam_service_account.terraform.id
}

output "state" {
  description = "The bucket for backend.hcl, and the secret with the key of its account."
  value       = { bucket = module.state.buckets["state"], key_secret_id = yandex_lockbox_secret.state_key.id }
}

output "ci" {
  description = "By environment, what its terraform.tfvars takes as `ci`: the federation, and the subject that jobs of this environment come as."
  value = {
    for environment in var.environments : environment => {
      federation_id       = yandex_iam_workload_identity_oidc_federation.github.id
      external_subject_id = "repo:${var.github_repository}:environment:${environment}"
    }
  }
}
