#!/usr/bin/env bash
# Reads Terraform's files without running them: formatting, tflint, READMEs that tell the truth, a test for each
# validation, checkov.
#   lint.sh DIRECTORY CHECKOV     where install.sh built its tools; checkov's program
set -uo pipefail

tools=$(cd "${1:?usage: lint.sh DIRECTORY CHECKOV}" && pwd)
checkov=${2:?usage: lint.sh DIRECTORY CHECKOV}
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
failed=0

terraform fmt -check -diff -recursive . || failed=1

"$tools/tflint" --recursive --config="$PWD/.tflint.hcl" --format=compact || failed=1

for module in modules/*; do
  "$tools/terraform-docs" --config="$PWD/.terraform-docs.yml" --output-check "$module" >/dev/null || {
    echo "$module/README.md does not say what is in the code: make tf-fmt" >&2
    failed=1
  }
done

# As many runs that expect a variable to be refused as it has rules, or more.
for module in modules/*; do
  while read -r rules variable; do
    tests=$(cat "$module"/tests/*.tftest.hcl | grep -cE "expect_failures = \[var\.$variable\]")
    ((tests >= rules)) || {
      echo "$module: $variable has $rules rules and $tests tests that break one" >&2
      failed=1
    }
  done < <(awk '/^variable "/ { gsub(/"/, "", $2); name = $2 } /^  validation \{/ { rules[name]++ } END { for (name in rules) print rules[name], name }' "$module/variables.tf")
done

"$checkov" --config-file checkov.yaml --directory . || failed=1

exit "$failed"
