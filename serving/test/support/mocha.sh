#!/usr/bin/env bash
# Runs Mocha and writes a JUnit report: mocha.sh NAME.xml [ARGUMENT...], in the folder of a configuration of Mocha.
#
# --retries says that a test which fails is run again. Mocha does so with tests only: one hook that fails, because a
# server did not start in time, fails its whole suite at once. So suites of which only a hook failed run again in a
# process of their own, whose report is NAME.again.xml; .ci/summary.py puts it in the place of the first.
set -euo pipefail
report=$1
shift

run() { # REPORT [ARGUMENT...]
  npx mocha --reporter "$(dirname "${BASH_SOURCE[0]}")/recorded-spec.ts" --reporter-option "output=$1" "${@:2}"
}

again=${report%.xml}.again
rm -f "$again" "$again.xml"
status=0
run "$report" "$@" || status=$?
[[ -e $again ]] || exit "$status"

echo 'Of these suites only hooks failed. They run once more.'
run "$again.xml" "$@" --grep "$(<"$again")"
