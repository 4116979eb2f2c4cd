# GitHub says who a job is, the cloud believes it: there is no key that could be lost. A job gets a token by
# `environment: staging` in its workflow, and GitHub holds it back until whom that environment names has agreed.
#
# By itself this lets nobody do anything. An environment that is told of it (`ci`) lets its jobs be its own account for CI.
resource "yandex_iam_workload_identity_oidc_federation" "github" {
  folder_id   = var.folder_id
  name        = "${var.name}-github"
  description = "Jobs of ${var.github_repository} on GitHub."
  labels      = var.labels
  issuer      = "https://token.actions.githubusercontent.com"
  jwks_url    = "https://token.actions.githubusercontent.com/.well-known/jwks"
  audiences   = ["https://github.com/${split("/", var.github_repository)[0]}"]
}
