#!/usr/bin/env bash
# Builds the image of the serving tier with the builder there is:
#   serving/image/build.sh NAME:TAG [MORE ARGUMENTS OF THE BUILDER]
# helm/images/labelled-build.sh says which builder that is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=${1:?usage: build.sh NAME:TAG [MORE ARGUMENTS OF THE BUILDER]}
shift
sbom="$(serving/image/sbom.sh serving | sha256sum)"
exec helm/images/labelled-build.sh "$name" serving --build-arg "SBOM_SHA256=${sbom%% *}" "$@" \
  -f serving/Dockerfile serving
