#!/usr/bin/env bash
# Programs that charts are checked with, into one folder and without root:
#   install.sh DIRECTORY
# helm and kubeconform are taken from the PATH where they will do; what is missing is built with Go, which takes
# minutes the first time.
set -euo pipefail

directory=$(mkdir -p "${1:?usage: install.sh DIRECTORY}" && cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export GOBIN=$directory CGO_ENABLED=0

# A copy, as what it was found in may be deleted before this folder is.
take() {
  [[ $1 -ef $directory/$2 ]] || install "$1" "$directory/$2"
}

if found=$(command -v helm) && [[ $("$found" version --template '{{ .Version }}') == v4.* ]]; then
  take "$found" helm
else
  go install helm.sh/helm/v4/cmd/helm@v4.3.1
fi
if found=$(command -v kubeconform); then
  take "$found" kubeconform
else
  go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
fi
(cd "$here/unittest" && go build -trimpath -ldflags '-s -w' -o "$directory/" tool)
