#!/usr/bin/env bash
# Programs that watch the platform, into one folder and without root:
#   install.sh DIRECTORY
# Prometheus, its exporter of the machine and its Pushgateway are Debian's where there is a Debian: unpacked, not
# installed, since an installed one would start and take the ports. Elsewhere they are built with Go, which takes
# minutes. Alertmanager and statsd_exporter always are: Debian's Alertmanager can't read a Telegram token from a file.
set -euo pipefail

directory=$(mkdir -p "${1:?usage: install.sh DIRECTORY}" && cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
unpacked=$directory/../debian
export GOBIN=$directory CGO_ENABLED=0

# The lists of packages of a fresh container are empty, and only root may fetch them.
download() {
  apt-get download -qq "$1" 2>/dev/null && return
  ((EUID == 0)) && apt-get -o DPkg::Lock::Timeout=120 update -qq && apt-get download -qq "$1"
}

# from_debian PACKAGE: false where there is none, or where it does not run on this machine.
from_debian() {
  [[ -r /etc/debian_version ]] && command -v dpkg >/dev/null || return 1
  mkdir -p "$unpacked"
  (cd "$unpacked" && rm -f "$1"_*.deb && download "$1" && dpkg -x "$1"_*.deb . && rm "$1"_*.deb)
}

# program FILE NAME
program() {
  "$unpacked/usr/bin/$1" --version >/dev/null 2>&1 && install "$unpacked/usr/bin/$1" "$directory/$2"
}

if ! { from_debian prometheus && program prometheus prometheus && program promtool promtool; }; then
  # Its module replaces another one, which `go install` does not take from afar.
  (cd "$here/prometheus" && go build -tags netgo,remove_all_sd -o "$directory/" \
    github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool)
fi
if ! { from_debian prometheus-node-exporter && program prometheus-node-exporter node_exporter; }; then
  go install github.com/prometheus/node_exporter@v1.12.1
fi
if ! { from_debian prometheus-pushgateway && program prometheus-pushgateway pushgateway; }; then
  go install github.com/prometheus/pushgateway@v1.11.3
fi
rm -rf "$unpacked"
go install github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1 github.com/prometheus/alertmanager/cmd/amtool@v0.28.1
go install github.com/prometheus/statsd_exporter@v0.31.0
