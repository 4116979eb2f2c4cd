#!/usr/bin/env bash
# Copies published images into another registry, byte for byte, after asking whether this repository's main branch has
# signed them:
#   helm/images/copy.sh FROM TO TAG DIGESTS                 a file as publish.sh writes it: {"serving":"sha256:..."}
# GITHUB_REPOSITORY names the repository. SIGN=no copies what nobody has signed.
set -euo pipefail
from=${1:?usage: copy.sh FROM TO TAG DIGESTS} to=${2:?} tag=${3:?} digests=${4:?}
from=${from,,}

tls() {
  case $2 in
    localhost:* | 127.0.0.1:*) echo "--$1-tls-verify=false" ;;
  esac
}

# Not by way of <( ): what fails there fails unnoticed.
list=$(jq --raw-output 'if type == "object" and length > 0 then to_entries[] | [.key, .value] | @tsv else error("no digests") end' "$digests")
while IFS=$'\t' read -r name digest; do
  [[ $name =~ ^[a-z0-9-]+$ && $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
    echo "copy.sh: $name $digest is no image and its digest." >&2
    exit 64
  }
  if [[ ${SIGN:-yes} != no ]]; then
    cosign verify \
      --certificate-oidc-issuer https://token.actions.githubusercontent.com \
      --certificate-identity "https://github.com/${GITHUB_REPOSITORY:?}/.github/workflows/ci-cd.yml@refs/heads/main" \
      "$from/$name@$digest" >/dev/null
  fi
  # shellcheck disable=SC2046 # one word or none
  skopeo copy --quiet --all --preserve-digests $(tls src "$from") $(tls dest "$to") \
    "docker://$from/$name@$digest" "docker://$to/$name:$tag"
  echo "$to/$name:$tag is $digest"
done <<<"$list"
