#!/usr/bin/env bash
# Shows what a program says in the log as it comes, and then on the page of the run as the text that it is.
set -euo pipefail

said=$(mktemp)
trap 'rm -f "$said"' EXIT
tee "$said"
fence='~~~~'
while grep --quiet --fixed-strings "$fence" "$said"; do fence+='~'; done
{
  printf '\n%s\n' "$fence"
  cat "$said"
  printf '%s\n\n' "$fence"
} >> "$GITHUB_STEP_SUMMARY"
