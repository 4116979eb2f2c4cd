#!/usr/bin/env bash
# Waits for whoever is deploying to the environment, and ends with a failure where it then has a later commit than this
# one: runs of two pushes overtake each other, and an old run can be approved or repeated late. Who means to go back says
# so, by rollback.yml:
#   deployment-order.sh OUTPUTS NAMESPACE COMMIT            `terraform output -json` of the environment has its kubeconfig
# What has failed there, or is no commit of this history (a version, another branch), is replaced. Needs the history,
# which checkouts have with fetch-depth: 0.
set -euo pipefail
outputs=${1:?usage: deployment-order.sh OUTPUTS NAMESPACE COMMIT} namespace=${2:?} commit=${3:?}

umask 077
KUBECONFIG=$(mktemp)
export KUBECONFIG
trap 'rm -f "$KUBECONFIG"' EXIT
jq --exit-status --raw-output .kubeconfig.value "$outputs" >"$KUBECONFIG"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/../../helm/await-release.sh" platform "$namespace"
[[ -n $(helm list --namespace "$namespace" --filter '^platform$' --deployed --short) ]] || exit 0
deployed=$(helm get values platform --namespace "$namespace" --output json | jq --raw-output '.global.image.tag? // empty')
[[ $deployed != "$commit" ]] || exit 0
if git merge-base --is-ancestor "$commit" "$deployed" 2>/dev/null; then
  echo "$deployed is deployed there, which comes after $commit. To go back to an earlier release: rollback.yml." >&2
  exit 1
fi
