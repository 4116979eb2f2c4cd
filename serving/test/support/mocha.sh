#!/usr/bin/env bash
# Runs Mocha and writes a JUnit report: mocha.sh NAME.xml [--second-attempt] [ARGUMENT...], where a configuration of it is.
#
# With --second-attempt, suites that hold a failure run once more: in a process of their own, so that neither a server
# that did not start in time nor an error that hit no test decides, and from their beginning. The report of these is
# NAME.again.xml, NAME.again the pattern that found them; .ci/summary.py reads all three.
set -euo pipefail
report=$1 again=${1%.xml}.again
shift

run() { # REPORT [ARGUMENT...]
  npx mocha --reporter "$(dirname "${BASH_SOURCE[0]}")/recorded-spec.ts" --reporter-option "output=$1" "${@:2}"
}

rm -f "$again" "$again.xml"
if [[ ${1:-} != --second-attempt ]]; then
  run "$report" "$@"
  exit
fi
shift
run "$report" --reporter-option "failed=$again" "$@" && exit
[[ -e $again ]] || exit 1
printf '\nSuites that hold a failure run once more: %s\n' "$(<"$again")"
run "$again.xml" --grep "$(<"$again")" "$@"
