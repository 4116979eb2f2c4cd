#!/usr/bin/env bash
# Logs docker, skopeo and cosign in to a registry of images, with the password that is in REGISTRY_PASSWORD:
#   registry-login.sh REGISTRY USER
set -euo pipefail
registry=${1:?usage: registry-login.sh REGISTRY USER} user=${2:?usage: registry-login.sh REGISTRY USER}
: "${REGISTRY_PASSWORD:?holds the password or token}"
# As images are named.
registry=${registry,,}
# All three read this file.
configuration=${DOCKER_CONFIG:-$HOME/.docker}
mkdir -p "$configuration"
printf '%s' "$REGISTRY_PASSWORD" |
  skopeo login --authfile "$configuration/config.json" --username "$user" --password-stdin "$registry"
