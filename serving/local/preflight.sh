#!/usr/bin/env bash
# What must be there before anything can be installed: one line for each thing that is not.
set -euo pipefail

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

root=${1:?usage: preflight.sh PROJECT_DIR PYTHON [NEEDED_MB]}
python=${2:?usage: preflight.sh PROJECT_DIR PYTHON [NEEDED_MB]}
needed_mb=${3:-0}

command -v git >/dev/null || fail 'git is missing. Install it with your package manager, then run this again.'
git_version=$(git --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
[[ $(printf '2.28\n%s\n' "$git_version" | sort -V | head -n 1) == 2.28 ]] ||
  fail "git is $git_version; 2.28 or newer is needed."

command -v "$python" >/dev/null ||
  fail "$python is missing. Install Python 3.11 (with its venv module), or name it: make PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
  fail "$python is $("$python" -V 2>&1); the locks are for Python 3.11. Name another: make PYTHON=/path/to/python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "$python has no venv module. On Debian and Ubuntu: the package python3.11-venv."

command -v node >/dev/null || fail 'node is missing. Install Node.js 20.19 or newer, then run this again.'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  fail "node is $(node --version); 20.19 or newer is needed."
command -v npm >/dev/null || fail 'npm is missing. It comes with Node.js; some packages split it off.'

free_mb=$(df -Pm "$root" | awk 'NR == 2 { print $4 }')
((free_mb >= needed_mb)) ||
  fail "The disk of $root has $free_mb MB left; installing wants $needed_mb MB. Free some space, then run this again."
