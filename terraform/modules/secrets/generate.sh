#!/bin/sh
# Prints a new secret, without a line's end:
#   generate.sh token        43 letters and digits, 256 bits; nothing that a shell, a URL or an option could misread
#   generate.sh fernet-key   32 bytes in URL-safe base64, as Fernet wants its keys
set -eu

case ${1-} in
  token) LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 43 ;;
  fernet-key) head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' ;;
  *)
    echo 'usage: generate.sh token|fernet-key' >&2
    exit 2
    ;;
esac
