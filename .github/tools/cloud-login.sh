#!/usr/bin/env bash
# Logs a workflow in to Yandex Cloud without a key: GitHub says in a signed token which repository, branch and
# environment runs, and Yandex Cloud, which trusts GitHub for exactly these, gives an IAM token of a service account
# for it, good for some hours at most:
#   cloud-login.sh OUTPUTS                                  `terraform output -json` of the environment names the account
# Later steps find the token in YC_IAM_TOKEN, kubectl finds it by the stand-in for yc, and docker, skopeo and cosign are
# logged in to the registry.
set -euo pipefail
outputs=${1:?usage: cloud-login.sh OUTPUTS}
: "${ACTIONS_ID_TOKEN_REQUEST_URL:?is there in a workflow whose job has permissions: id-token: write}"
: "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:?is there in a workflow whose job has permissions: id-token: write}"
: "${GITHUB_ENV:?}" "${GITHUB_PATH:?}" "${GITHUB_REPOSITORY_OWNER:?}"
account=$(jq --exit-status --raw-output .registry.value.ci_service_account_id "$outputs")
registry=$(jq --exit-status --raw-output .registry.value.image_registry "$outputs")

# Headers and forms by way of standard input: what is among the arguments, every process of the machine can read.
identity=$(printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
  curl --fail-with-body --silent --show-error --retry 3 --max-time 30 --config - \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=https://github.com/$GITHUB_REPOSITORY_OWNER" |
  jq --exit-status --raw-output .value)
echo "::add-mask::$identity"

# The audience of the exchange is the account; that of GitHub's token is the owner of the repository.
token=$(account=$account identity=$identity jq --null-input --raw-output '{
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: env.account,
    subject_token: env.identity,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token"
  } | to_entries | map("\(.key)=\(.value | @uri)") | join("&")' |
  curl --fail-with-body --silent --show-error --retry 3 --max-time 30 --data @- \
    "${YC_TOKEN_ENDPOINT:-https://auth.yandex.cloud/oauth/token}" |
  jq --exit-status --raw-output .access_token)
echo "::add-mask::$token"
echo "YC_IAM_TOKEN=$token" >>"$GITHUB_ENV"
echo "$PWD/.github/tools/token-of-this-job" >>"$GITHUB_PATH"

REGISTRY_PASSWORD=$token .github/tools/registry-login.sh "${registry%%/*}" iam
