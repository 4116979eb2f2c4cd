#!/usr/bin/env bash
# Fetches the archives of Chart.lock into helm/upstream/charts and holds them against archives.sha256:
#   fetch.sh           fails where an archive is not the recorded one, or not recorded at all
#   fetch.sh --record  writes archives.sha256; for whoever has changed a version, and has looked at what changed
# Helm itself checks no sums of archives from an HTTP repository. Only the record makes a version mean the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Repositories of other people in Helm's own configuration are neither needed nor changed.
HELM_CONFIG_HOME=$(mktemp -d)
export HELM_CONFIG_HOME HELM_REPOSITORY_CONFIG=$HELM_CONFIG_HOME/repositories.yaml
trap 'rm -rf "$HELM_CONFIG_HOME"' EXIT
sed -n 's/^ *repository: \(https:.*\)$/\1/p' Chart.yaml | sort -u | cat -n | while read -r number address; do
  helm repo add "upstream-$number" "$address" >/dev/null
done
helm dependency build .

if [[ ${1:-} == --record ]]; then
  (cd charts && sha256sum -- *.tgz) >archives.sha256
  echo 'Recorded. Commit helm/upstream/archives.sha256.'
elif [[ ! -e archives.sha256 ]]; then
  echo 'No archive is recorded yet: look at charts/, then run helm/upstream/fetch.sh --record and commit archives.sha256.' >&2
  exit 1
else
  recorded=$(cut -d' ' -f3 archives.sha256 | sort)
  [[ $recorded == "$(cd charts && printf '%s\n' *.tgz | sort)" ]] || {
    echo 'archives.sha256 and charts/ do not hold the same archives.' >&2
    exit 1
  }
  (cd charts && sha256sum --check --quiet ../archives.sha256)
fi
