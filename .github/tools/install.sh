#!/usr/bin/env bash
# Builds programs that check this repository, with Go, into one folder and without root:
#   install.sh DIRECTORY actionlint|gitleaks|trivy...
set -euo pipefail

directory=$(mkdir -p "${1:?usage: install.sh DIRECTORY NAME...}" && cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shift
# Trivy is written for it; to the others it makes no difference.
export CGO_ENABLED=0 GOEXPERIMENT=jsonv2

for name in "$@"; do
  (cd "$here/$name" && go build -trimpath -ldflags '-s -w' -o "$directory/" tool)
done
