#!/usr/bin/env bash
# Builds one image with the builder there is, and fills in the labels of version, revision and time:
#   helm/images/labelled-build.sh NAME:TAG "SOURCES" ARGUMENTS-OF-THE-BUILDER... CONTEXT
# All paths are seen from the root of the repository. Of SOURCES, uncommitted changes make the revision a dirty one.
# IMAGE_BUILD is a command that takes what `docker build` takes. Without it: that of the test cluster in
# CLUSTER_TOOLS, docker, podman or buildah, whichever is there first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=${1:?usage: labelled-build.sh NAME:TAG SOURCES ARGUMENTS-OF-THE-BUILDER... CONTEXT}
read -ra sources <<<"$2"
shift 2

# buildah keeps layers only when told; the others do anyway.
builder() {
  if [[ -n ${IMAGE_BUILD:-} ]]; then echo "$IMAGE_BUILD"
  elif [[ -x ${CLUSTER_TOOLS:-}/image-build ]]; then echo "$CLUSTER_TOOLS/image-build --layers"
  elif docker info >/dev/null 2>&1; then echo 'docker build'
  # HEALTHCHECK is not part of OCI's format.
  elif command -v podman >/dev/null; then echo 'podman build --format docker'
  elif command -v buildah >/dev/null; then echo 'buildah bud --layers --format docker'
  else
    echo 'No builder of images: start docker, install podman or buildah, or name one with IMAGE_BUILD.' >&2
    return 69
  fi
}
command="$(builder)"
read -ra build <<<"$command"

# What is known of the sources. A folder that is no checkout is built as well.
revision="$(git rev-parse HEAD 2>/dev/null || echo unknown)"
[[ -z $(git status --porcelain -- "${sources[@]}" 2>/dev/null) ]] || revision+=-dirty
exec "${build[@]}" -t "$name" \
  --build-arg "VERSION=$(node -p 'require("./serving/package.json").version')" \
  --build-arg "REVISION=$revision" \
  --build-arg "CREATED=$(git show -s --format=%cI 2>/dev/null || true)" \
  "$@"
