#!/usr/bin/env bash
# What generate.sh prints: form, length, and that it is never the same twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "generate.sh: $*" >&2
  exit 1
}

for _ in {1..20}; do
  [[ $(./generate.sh token; echo .) =~ ^[A-Za-z0-9]{43}\.$ ]] || fail 'a token is 43 letters and digits, and no line end'
  [[ $(./generate.sh fernet-key; echo .) =~ ^[-_A-Za-z0-9]{43}=\.$ ]] || fail 'a Fernet key is 32 bytes in URL-safe base64, and no line end'
done
[[ $(./generate.sh token) != "$(./generate.sh token)" ]] || fail 'two tokens differ'
[[ $(./generate.sh fernet-key) != "$(./generate.sh fernet-key)" ]] || fail 'two keys differ'
! ./generate.sh password 2>/dev/null || fail 'what it does not know it refuses'
echo '  generate.sh... pass'
