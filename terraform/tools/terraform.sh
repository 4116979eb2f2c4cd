#!/usr/bin/env bash
# Terraform in every module and root, two at a time, with all that it downloads and writes below one folder:
#   terraform.sh DIRECTORY validate            the modules, their examples, the environments and the bootstrap
#   terraform.sh DIRECTORY test REPORTS        the tests of all of these; results as JUnit in REPORTS/terraform.xml
set -euo pipefail

directory=$(mkdir -p "${1:?usage: terraform.sh DIRECTORY validate|test [REPORTS]}" && cd "$1" && pwd)
command=${2:?usage: terraform.sh DIRECTORY validate|test [REPORTS]}
reports=${3:+$(mkdir -p "$3" && cd "$3" && pwd)}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One copy of the provider for all modules.
export TF_PLUGIN_CACHE_DIR=$directory/plugins TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE=1
export TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
# Most of a run is the provider's schema, which is garbage afterwards: collected less often, it takes a tenth less.
export GOGC=400
mkdir -p "$TF_PLUGIN_CACHE_DIR"


initialised() {
  export TF_DATA_DIR=$directory/data/${1//\//-}
  mkdir -p "$TF_DATA_DIR"
  terraform -chdir="$1" init -backend=false -input=false -no-color >"$TF_DATA_DIR/init.log" 2>&1 || {
    cat "$TF_DATA_DIR/init.log"
    return 1
  }
}

validated() {
  echo "$1"
  initialised "$1" && terraform -chdir="$1" validate -no-color >"$TF_DATA_DIR/validate.log" 2>&1 || {
    cat "$TF_DATA_DIR/validate.log"
    return 1
  }
}

tested() {
  echo "$1"
  initialised "$1" && terraform -chdir="$1" test -no-color -junit-xml="$directory/reports/${1//\//-}.xml" || return
  # Of programs that a module brings.
  local program
  for program in "$1"/tests/*.sh; do
    [[ ! -e $program ]] || "$program" || return
  done
}

# Each says all it has to say at once, when it is done.
each() {
  local what=$1 folder failed=()
  shift
  rm -rf "$directory/logs" "$directory/reports"
  mkdir -p "$directory/logs" "$directory/reports"
  # One alone fills the cache of the provider; two that fill it at a time would be in each other's way.
  initialised "$1" >/dev/null || true
  for folder in "$@"; do
    while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
    {
      "$what" "$folder" >"$directory/logs/${folder//\//-}.log" 2>&1 || touch "$directory/logs/${folder//\//-}.failed"
      cat "$directory/logs/${folder//\//-}.log"
    } &
  done
  wait
  for folder in "$@"; do
    [[ ! -e $directory/logs/${folder//\//-}.failed ]] || failed+=("$folder")
  done
  ((${#failed[@]} == 0)) || echo "Terraform failed in: ${failed[*]}" >&2
  ((${#failed[@]} == 0))
}

# One report of all. Suites are called tests/... in each, so that they are told apart by their folder; a folder that came
# to no report failed before its first test.
merged() {
  local folder report
  echo '<?xml version="1.0" encoding="UTF-8"?><testsuites>'
  for folder in "$@"; do
    report=$directory/reports/${folder//\//-}.xml
    if [[ -s $report ]]; then
      sed -e '/^<?xml/d; s/<?xml[^>]*?>//; s/<\/\?testsuites[^>]*>//g' -e "s#name=\"tests/#name=\"$folder/tests/#g" "$report"
    else
      echo "<testsuite name=\"$folder\" tests=\"1\" failures=\"1\"><testcase name=\"terraform test\" classname=\"$folder\"><failure message=\"it ended without a report\"/></testcase></testsuite>"
    fi
  done
  echo '</testsuites>'
}

roots=(modules/* bootstrap environments/dev environments/staging environments/prod)
case $command in
  validate)
    each validated "${roots[@]}" modules/*/examples/*
    ;;
  test)
    ended=0
    each tested "${roots[@]}" || ended=$?
    merged "${roots[@]}" >"$reports/terraform.xml"
    exit "$ended"
    ;;
  *)
    echo "terraform.sh knows validate and test, not $command" >&2
    exit 2
    ;;
esac
