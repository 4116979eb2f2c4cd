#!/usr/bin/env bash
# The command line, where the registry is given and what promotes knows its replicas.
set -euo pipefail

: "${MLFLOW_TRACKING_URI:?is not set: the address of the registry}"
if [[ $1 == promote ]]; then : "${REPLICAS:?is not set: the management addresses of all replicas, or dns+http://NAME:PORT}"; fi
exec node "$(dirname "${BASH_SOURCE[0]}")/../../../serving/dist/src/cli/main.js" "$@"
