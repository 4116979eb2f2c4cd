#!/usr/bin/env bash
# Plans an environment, or applies the plan that was made: what `make tf-plan ENV=...` and `make tf-apply ENV=...` run.
#   environment.sh plan|apply dev|staging|prod
# Who asks says so by the environment: YC_TOKEN or YC_SERVICE_ACCOUNT_KEY_FILE for the cloud, AWS_ACCESS_KEY_ID and
# AWS_SECRET_ACCESS_KEY for the bucket of the state.
set -euo pipefail

command=${1:-} name=${2:-}
[[ $command == plan || $command == apply ]] || {
  echo 'usage: environment.sh plan|apply dev|staging|prod' >&2
  exit 2
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $name =~ ^(dev|staging|prod)$ ]] || {
  echo "make tf-$command ENV=dev|staging|prod: ENV is ${name:-not set}." >&2
  exit 2
}
cd "$here/environments/$name"
plan=$name.tfplan

# Everything that is missing, at once.
missing=()
[[ -e backend.hcl ]] || missing+=("environments/$name/backend.hcl: copy backend.hcl.example; it names the bucket that terraform/bootstrap made")
[[ -e terraform.tfvars ]] || missing+=("environments/$name/terraform.tfvars: copy terraform.tfvars.example, and fill it in")
[[ -n ${YC_TOKEN:-}${YC_SERVICE_ACCOUNT_KEY_FILE:-} ]] || missing+=('who you are: export YC_TOKEN=$(yc iam create-token --impersonate-service-account-id <terraform_service_account_id of terraform/bootstrap>)')
[[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]] || missing+=('the key of the state: export AWS_ACCESS_KEY_ID=$(yc lockbox payload get --id <key_secret_id> --key access-key-id), and AWS_SECRET_ACCESS_KEY alike')
command -v yc >/dev/null || missing+=('yc, the command line of Yandex Cloud, on the PATH: passwords of databases are handed on by it')
((${#missing[@]} == 0)) || {
  echo "make tf-$command ENV=$name needs:" >&2
  printf '  %s\n' "${missing[@]}" >&2
  echo 'terraform/README.md has the whole way, from an empty folder on.' >&2
  exit 1
}

if [[ $command == plan ]]; then
  rm -f "$plan"
  terraform init -input=false -backend-config=backend.hcl
  terraform plan -input=false -out="$plan"
  gone=$(terraform show -no-color "$plan" | sed -nE 's/^ *# (.* (will be destroyed|must be replaced|will be replaced.*))$/  \1/p')
  echo
  [[ -z $gone ]] || printf 'Look twice, these go:\n%s\n' "$gone"
  echo "Read it; then make tf-apply ENV=$name applies this plan and nothing else."
else
  [[ -e $plan ]] || {
    echo "make tf-apply ENV=$name applies what make tf-plan ENV=$name has shown, and there is no plan." >&2
    exit 1
  }
  terraform apply -input=false "$plan"
  # A plan is for one state: it would be refused the next time.
  rm -f "$plan"
  echo "make deploy ENV=$name fills the cluster."
fi
