#!/usr/bin/env bash
# Reads Terraform's files without running them: formatting, tflint, READMEs that tell the truth, a test for each
# validation, checkov.
#   lint.sh DIRECTORY CHECKOV     where install.sh built its tools; checkov's program
set -uo pipefail

tools=$(cd "${1:?usage: lint.sh DIRECTORY CHECKOV}" && pwd)
checkov=${2:?usage: lint.sh DIRECTORY CHECKOV}
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
failed=0
roots=(modules/* bootstrap environments/dev environments/staging environments/prod)

terraform fmt -check -diff -recursive . || failed=1

"$tools/tflint" --recursive --config="$PWD/.tflint.hcl" --format=compact || failed=1

for root in "${roots[@]}"; do
  "$tools/terraform-docs" --config="$PWD/.terraform-docs.yml" --output-check "$root" >/dev/null || {
    echo "$root/README.md does not say what is in the code: make tf-fmt" >&2
    failed=1
  }
done

# As many runs that expect a variable to be refused as it has rules, or more.
for root in "${roots[@]}"; do
  while read -r rules variable; do
    tests=$(cat "$root"/tests/*.tftest.hcl | grep -cE "expect_failures = \[var\.$variable\]")
    ((tests >= rules)) || {
      echo "$root: $variable has $rules rules and $tests tests that break one" >&2
      failed=1
    }
  done < <(awk '/^variable "/ { gsub(/"/, "", $2); name = $2 } /^  validation \{/ { rules[name]++ } END { for (name in rules) print rules[name], name }' "$root/variables.tf")
done

# An environment is told apart by its state: two with one key would destroy each other.
for root in bootstrap environments/dev environments/staging environments/prod; do
  grep -Eq "^ +key += \"${root##*/}/terraform.tfstate\"$" "$root/backend.tf" || {
    echo "$root/backend.tf: key is not ${root##*/}/terraform.tfstate" >&2
    failed=1
  }
  # All else is alike.
  diff <(sed '/^#/d; /^ *key /d' bootstrap/backend.tf) <(sed '/^#/d; /^ *key /d' "$root/backend.tf") || failed=1
done
diff environments/staging/data-stays.tf environments/prod/data-stays.tf || failed=1

"$checkov" --config-file checkov.yaml --directory . || failed=1

exit "$failed"
