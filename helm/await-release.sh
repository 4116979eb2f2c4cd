#!/usr/bin/env bash
# Returns when nobody changes a release any more:
#   await-release.sh RELEASE NAMESPACE
# Helm refuses a second upgrade by itself, yet lets a rollback into the midst of one. Queues of GitHub do not help before
# environments with reviewers: a job that waits for them holds the queue. What has been pending for longer than an upgrade
# and its way back may take was interrupted; then this returns, too, and whoever called meets what Helm says of it.
set -euo pipefail

release=${1:?usage: await-release.sh RELEASE NAMESPACE}
namespace=${2:?usage: await-release.sh RELEASE NAMESPACE}
longest_minutes=${LONGEST_MINUTES:-31}

began() {
  helm list --namespace "$namespace" --filter "^$release\$" --pending --time-format 2006-01-02T15:04:05Z07:00 --output json |
    jq --raw-output '.[0].updated // empty'
}

said=
while since=$(began) && [[ -n $since ]]; do
  if (($(date +%s) - $(date --date "$since" +%s) > longest_minutes * 60)); then
    echo "Release $release has been pending since $since: whoever changed it was interrupted." >&2
    exit 0
  fi
  [[ -n $said ]] || echo "Somebody has been changing the release $release since $since: waiting for the end." >&2
  said=yes
  sleep "${POLL_SECONDS:-10}"
done
