#!/usr/bin/env bash
# Builds what Terraform's files are read and documented with, with Go, into one folder and without root:
#   install.sh DIRECTORY
set -euo pipefail

directory=$(mkdir -p "${1:?usage: install.sh DIRECTORY}" && cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CGO_ENABLED=0

for tool in terraform-docs tflint; do
  (cd "$here/$tool" && go build -trimpath -ldflags '-s -w' -o "$directory/" tool)
done
