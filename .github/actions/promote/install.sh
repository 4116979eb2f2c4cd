#!/usr/bin/env bash
# Installs and compiles the command line of the checkout that this file lies in, unless that was done before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../../serving"

if [[ -d node_modules && -e dist/src/cli/main.js ]]; then exit 0; fi
npm ci --no-audit --no-fund
npm run build
