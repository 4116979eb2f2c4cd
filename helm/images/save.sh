#!/usr/bin/env bash
# Writes images that were built on this machine into files, from where they are scanned and published:
#   helm/images/save.sh DIRECTORY REGISTRY TAG NAME...      REGISTRY/NAME:TAG becomes DIRECTORY/NAME.tar
set -euo pipefail
directory=${1:?usage: save.sh DIRECTORY REGISTRY TAG NAME...} registry=$2 tag=$3
shift 3
mkdir -p "$directory"

# By the builder that labelled-build.sh chooses.
save() {
  if [[ -z ${CLUSTER_TOOLS:-} ]] && docker info >/dev/null 2>&1; then docker save --output "$2" "$1"
  elif [[ -z ${CLUSTER_TOOLS:-} ]] && command -v podman >/dev/null; then podman save --quiet --format docker-archive --output "$2" "$1"
  elif command -v buildah >/dev/null; then buildah push --quiet "$1" "docker-archive:$2:$1"
  else
    echo 'No program that has images: docker, podman or buildah.' >&2
    return 69
  fi
}

for name in "$@"; do
  file=$directory/$name.tar
  # Neither an old file nor a compressed copy of it may be taken for this image.
  rm -rf "$file" "${directory:?}/$name"
  save "$registry/$name:$tag" "$file"
  echo "$file: $registry/$name:$tag"
done
