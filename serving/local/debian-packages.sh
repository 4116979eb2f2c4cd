#!/usr/bin/env bash
# Programs of other projects that tests want and npm and pip don't have, from Debian:
#   debian-packages.sh LOG package...
# As root it installs those that are missing. Otherwise it says what is missing, and the tests that want it are
# skipped: nothing here is worth a failure. Debian keeps one version of a package a release, so that the release is
# what pins it.
set -uo pipefail

log=${1:?usage: debian-packages.sh LOG PACKAGE...}
shift

missing=()
for package in "$@"; do
  # A package of the distribution's has a status; a program from elsewhere is as good.
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
    command -v "$package" >/dev/null || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null || ((EUID != 0)); then
  printf 'Not installed, and the tests that want it are skipped: %s (as root, on Debian: apt-get install %s)\n' \
    "${missing[*]}" "${missing[*]}"
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
# What waits for another apt gives up after a while.
serving/local/step.sh "$log" "installing ${missing[*]} from Debian" bash -c '
  apt-get -o DPkg::Lock::Timeout=120 update -qq &&
    apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends "$@"' bash "${missing[@]}" ||
  printf 'The tests that want %s are skipped.\n' "${missing[*]}"
