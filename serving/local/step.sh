#!/usr/bin/env bash
# Runs one step of the installation quietly: its name and how long it took, or the end of its log and why. What the
# network has failed runs once more, from the start.
#   step.sh LOG 'what it does' command...
set -uo pipefail

NETWORK='timed? ?out|connection (reset|refused|closed)|ECONNRESET|ETIMEDOUT|EAI_AGAIN|unexpected EOF|incomplete read'
NETWORK+='|TLS handshake|temporary failure|network is unreachable|(bad gateway|service unavailable)|status code 5[0-9][0-9]'

log=$1 what=$2
shift 2
mkdir -p "$(dirname "$log")" || exit 1
started=$SECONDS
printf '  %s ...\n' "$what"
for attempt in first second; do
  if "$@" >"$log" 2>&1; then
    printf '  %s: done in %s s\n' "$what" "$((SECONDS - started))"
    exit 0
  fi
  if grep -qE 'ENOSPC|No space left on device|os error 28' "$log"; then
    printf '%s failed: the disk is full. Free some space, then run the same again.\n' "$what" >&2
    exit 1
  fi
  if [[ $attempt == second ]] || ! grep -qiE "$NETWORK" "$log"; then break; fi
  printf '  %s: %s; once more ...\n' "$what" "$(grep -iE -m 1 "$NETWORK" "$log" | cut -c 1-200)"
done
printf -- '--- last lines of %s\n' "$log" >&2
tail -n 20 "$log" >&2
printf -- '---\n%s failed.\n' "$what" >&2
exit 1
