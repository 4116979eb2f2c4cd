#!/usr/bin/env bash
# Packages the charts that install our images, and publishes and signs them as OCI artifacts:
#   helm/publish-charts.sh REGISTRY DIRECTORY               REGISTRY/platform:1.0.0 ...; packages stay in DIRECTORY
# SIGN=no publishes without signatures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
registry=${1:?usage: publish-charts.sh REGISTRY DIRECTORY} directory=$(mkdir -p "$2" && cd "$2" && pwd)
registry=${registry,,}
# Where registry-login.sh has written it.
export HELM_REGISTRY_CONFIG=${HELM_REGISTRY_CONFIG:-${DOCKER_CONFIG:-$HOME/.docker}/config.json}

plain=()
case $registry in
  localhost:* | 127.0.0.1:*) plain=(--plain-http) ;;
esac
rm -f "$directory"/*.tgz
helm dependency build platform >/dev/null
for chart in serving mlflow platform; do
  helm package "$chart" --destination "$directory" >/dev/null
  package=("$directory/$chart"-[0-9]*.tgz)
  pushed=$(helm push "${package[0]}" "oci://$registry" "${plain[@]}" 2>&1)
  digest=$(grep -oE 'sha256:[0-9a-f]{64}' <<<"$pushed" | tail -n 1)
  [[ -n $digest ]] || {
    printf 'helm push says no digest:\n%s\n' "$pushed" >&2
    exit 1
  }
  echo "published $registry/$chart as $digest"
  [[ ${SIGN:-yes} == no ]] || cosign sign --yes "$registry/$chart@$digest"
done
