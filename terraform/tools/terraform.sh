#!/usr/bin/env bash
# Terraform in every module, with all that it downloads and writes below one folder:
#   terraform.sh DIRECTORY validate            the modules and their examples
#   terraform.sh DIRECTORY test REPORTS        the tests of the modules; results as JUnit in REPORTS
set -euo pipefail

directory=$(mkdir -p "${1:?usage: terraform.sh DIRECTORY validate|test [REPORTS]}" && cd "$1" && pwd)
command=${2:?usage: terraform.sh DIRECTORY validate|test [REPORTS]}
reports=${3:+$(mkdir -p "$3" && cd "$3" && pwd)}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One copy of the provider for all modules.
export TF_PLUGIN_CACHE_DIR=$directory/plugins TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE=1
export TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
mkdir -p "$TF_PLUGIN_CACHE_DIR"

# What a step says is shown when it fails.
quietly() {
  local log=$TF_DATA_DIR/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    return 1
  }
}

initialised() {
  export TF_DATA_DIR=$directory/data/${1//\//-}
  mkdir -p "$TF_DATA_DIR"
  quietly init terraform -chdir="$1" init -backend=false -input=false -no-color
}

failed=()
case $command in
  validate)
    for module in modules/* modules/*/examples/*; do
      [[ -e $module/versions.tf ]] || continue
      echo "$module"
      { initialised "$module" && quietly validate terraform -chdir="$module" validate -no-color; } || failed+=("$module")
    done
    ;;
  test)
    for module in modules/*; do
      echo "$module"
      { initialised "$module" && terraform -chdir="$module" test -no-color -junit-xml="$reports/terraform-${module##*/}.xml"; } || failed+=("$module")
      # Of programs that a module brings.
      for program in "$module"/tests/*.sh; do
        [[ ! -e $program ]] || "$program" || failed+=("$program")
      done
    done
    ;;
  *)
    echo "terraform.sh knows validate and test, not $command" >&2
    exit 2
    ;;
esac

((${#failed[@]} == 0)) || {
  echo "Terraform failed in: ${failed[*]}" >&2
  exit 1
}
