#!/usr/bin/env bash
# Gives a version to images that were tested, accepted and published under a commit: nothing is built again.
#   helm/images/release.sh REGISTRY COMMIT VERSION NAME...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
registry=${1:?usage: release.sh REGISTRY COMMIT VERSION NAME...} commit=${2:?} version=${3:?}
registry=${registry,,}
shift 3

insecure=()
case $registry in
  localhost:* | 127.0.0.1:*) insecure=(--tls-verify=false) ;;
esac
digests='{}'
for name in "$@"; do
  digest=$(skopeo inspect --no-tags "${insecure[@]}" --format '{{ .Digest }}' "docker://$registry/$name:$commit") || {
    echo "$registry has no $name of $commit: a release is of a commit on main whose run has published its images." >&2
    exit 1
  }
  digests=$(jq --compact-output --arg name "$name" --arg digest "$digest" '.[$name] = $digest' <<<"$digests")
done
helm/images/copy.sh "$registry" "$registry" "$version" <(echo "$digests")
