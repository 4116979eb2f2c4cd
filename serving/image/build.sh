#!/usr/bin/env bash
# Builds the image of the serving tier with the builder there is:
#   serving/image/build.sh NAME:TAG [MORE ARGUMENTS OF THE BUILDER]
# IMAGE_BUILD is a command that takes what `docker build` takes. Without it: that of the test cluster in
# CLUSTER_TOOLS, docker, podman or buildah, whichever is there first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:?usage: build.sh NAME:TAG [MORE ARGUMENTS OF THE BUILDER]}
shift

builder() {
  if [[ -n ${IMAGE_BUILD:-} ]]; then echo "$IMAGE_BUILD"
  elif [[ -x ${CLUSTER_TOOLS:-}/image-build ]]; then echo "$CLUSTER_TOOLS/image-build"
  elif docker info >/dev/null 2>&1; then echo 'docker build'
  # HEALTHCHECK is not part of OCI's format.
  elif command -v podman >/dev/null; then echo 'podman build --format docker'
  elif command -v buildah >/dev/null; then echo 'buildah bud --format docker'
  else
    echo 'No builder of images: start docker, install podman or buildah, or name one with IMAGE_BUILD.' >&2
    return 69
  fi
}
command="$(builder)"
read -ra build <<<"$command"

# What is known of the sources, for the labels. A folder that is no checkout is built as well.
revision="$(git rev-parse HEAD 2>/dev/null || echo unknown)"
[[ -z $(git status --porcelain . 2>/dev/null) ]] || revision+=-dirty
version="$(node -p 'require("./package.json").version')"
sbom="$(image/sbom.sh . | sha256sum)"
arguments=(
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$revision"
  --build-arg "CREATED=$(git show -s --format=%cI 2>/dev/null || true)"
  --build-arg "SBOM_SHA256=${sbom%% *}"
)
exec "${build[@]}" -t "$name" "${arguments[@]}" "$@" -f Dockerfile .
