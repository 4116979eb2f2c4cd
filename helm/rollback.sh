#!/usr/bin/env bash
# Takes a release back to an earlier revision, once whoever changes it has ended, waits until it runs, and writes down why:
#   REASON='why' [BY=name] [REVISION=7] rollback.sh RELEASE NAMESPACE
# Unless a revision is given, to the last one that was deployed before this one: one that never came up is no place to
# go back to. Aliases of models are not part of a release and stay.
set -euo pipefail

release=${1:?usage: rollback.sh RELEASE NAMESPACE}
namespace=${2:?usage: rollback.sh RELEASE NAMESPACE}
# What helm keeps of a description.
max_length=256

reason=${REASON:-}
if [[ -z ${reason//[[:space:]]/} ]]; then
  echo "A rollback needs a reason: REASON='why'." >&2
  exit 64
fi
reason="${BY:+$BY: }$reason"
revision=${REVISION:-}
"$(dirname "${BASH_SOURCE[0]}")/await-release.sh" "$release" "$namespace"
if [[ -z $revision ]]; then
  revision=$(helm history "$release" --namespace "$namespace" --output json |
    jq 'map(select(.status == "superseded") | .revision) | max // empty')
  if [[ -z $revision ]]; then
    echo "Release $release has no earlier revision that was deployed." >&2
    exit 1
  fi
fi
helm rollback "$release" "$revision" --namespace "$namespace" --wait --timeout "${TIMEOUT_MINUTES:-15}m" \
  --description "${reason:0:max_length}"
helm history "$release" --namespace "$namespace" --max 5
