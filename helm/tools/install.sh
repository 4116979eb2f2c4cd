#!/usr/bin/env bash
# Programs for charts, into one folder and without root:
#   install.sh DIRECTORY PROGRAM...            helm kubeconform helm-unittest
# helm and kubeconform are taken from the PATH where they will do; what is missing is built with Go, which takes
# minutes the first time.
set -euo pipefail

directory=$(mkdir -p "${1:?usage: install.sh DIRECTORY PROGRAM...}" && cd "$1" && pwd)
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export GOBIN=$directory CGO_ENABLED=0

# A copy, as what it was found in may be deleted before this folder is.
take() {
  [[ $1 -ef $directory/$2 ]] || install "$1" "$directory/$2"
}

for program; do
  found=$(command -v "$program") || found=
  case $program in
    helm)
      if [[ -n $found && $("$found" version --template '{{ .Version }}') == v4.* ]]; then
        take "$found" helm
      else
        go install helm.sh/helm/v4/cmd/helm@v4.3.1
      fi
      ;;
    kubeconform)
      if [[ -n $found ]]; then
        take "$found" kubeconform
      else
        go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
      fi
      ;;
    helm-unittest) (cd "$here/unittest" && go build -trimpath -ldflags '-s -w' -o "$directory/" tool) ;;
    *)
      echo "install.sh knows helm, kubeconform and helm-unittest, not $program." >&2
      exit 64
      ;;
  esac
done
