#!/usr/bin/env bash
# What a deployment is made from, as files: deployment-files.sh DIRECTORY
#   outputs.json    TERRAFORM_OUTPUTS, `terraform output -json` of the environment; no secret
#   digests.json    DIGESTS, what was published; what only dev runs goes nowhere else
#   api-key         API_KEY, with which the deployed tier is accepted, where it asks for keys: everywhere but in dev
set -euo pipefail
directory=${1:?usage: deployment-files.sh DIRECTORY}
umask 077
mkdir -p "$directory"

# json NAME FILE REMEDY
json() {
  local name=$1 text
  text=$(printenv "$name" || true)
  jq --null-input --exit-status 'input | type == "object" and length > 0' >/dev/null 2>&1 <<<"$text" || {
    echo "$name is no JSON object: $3" >&2
    exit 64
  }
  printf '%s\n' "$text" >"$directory/$2"
}
json TERRAFORM_OUTPUTS outputs.json "set it as a variable of this environment at GitHub, see .github/workflows/README.md"
json DIGESTS digests.json "it is an output of the job that publishes"
environment=$(jq --raw-output '.environment.value? // empty' "$directory/outputs.json")
if [[ $environment != dev ]]; then
  for_all=$(jq --compact-output 'del(.postgres, .s3, .kafka)' "$directory/digests.json")
  printf '%s\n' "$for_all" >"$directory/digests.json"
fi
# One that an earlier deployment has left is not this one's.
rm -f "$directory/api-key"
if [[ -n ${API_KEY:-} ]]; then
  printf '%s' "$API_KEY" >"$directory/api-key"
elif [[ $environment != dev ]]; then
  echo "API_KEY is empty: set the secret ACCEPTANCE_API_KEY of this environment at GitHub, see .github/workflows/README.md" >&2
  exit 64
fi
