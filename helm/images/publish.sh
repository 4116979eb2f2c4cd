#!/usr/bin/env bash
# Publishes images that save.sh has written, byte for byte the same in every registry, signs each, and puts its SBOM
# beside it:
#   helm/images/publish.sh DIRECTORY REGISTRY TAG NAME...   DIRECTORY/NAME.tar becomes REGISTRY/NAME:TAG
# In DIRECTORY it leaves digests.json, by which images are deployed, and checksums.txt, which provenance is made of; in
# a workflow, `digests` is an output of the step. Where cosign signs without keys, the identity is that of the workflow.
# TRIVY names the program that lists what is in an image. SIGN=no publishes without signatures and SBOMs.
set -euo pipefail
directory=$(cd "${1:?usage: publish.sh DIRECTORY REGISTRY TAG NAME...}" && pwd) registry=${2,,} tag=$3
shift 3

needed=(skopeo jq)
[[ ${SIGN:-yes} == no ]] || needed+=(cosign "${TRIVY:=trivy}")
for program in "${needed[@]}"; do
  command -v "$program" >/dev/null || {
    echo "publish.sh needs $program on the PATH." >&2
    exit 69
  }
done

# A registry on this machine is one to play in, and has no certificate.
insecure=()
case $registry in
  localhost:* | 127.0.0.1:*) insecure=(--dest-tls-verify=false) ;;
esac

digests='{}'
: >"$directory/checksums.txt"
for name in "$@"; do
  # Compressed once: what is compressed again has another digest. Docker's format keeps HEALTHCHECK, OCI's has none.
  if [[ ! -e $directory/$name/manifest.json ]]; then
    skopeo copy --quiet --format v2s2 --dest-compress "docker-archive:$directory/$name.tar" "dir:$directory/$name"
  fi
  sum=$(sha256sum <"$directory/$name/manifest.json")
  digest=sha256:${sum%% *}
  skopeo copy --quiet --preserve-digests "${insecure[@]}" "dir:$directory/$name" "docker://$registry/$name:$tag"
  echo "published $registry/$name:$tag as $digest"

  if [[ ${SIGN:-yes} != no ]]; then
    sbom=$directory/$name.cdx.json
    [[ -e $sbom ]] || "$TRIVY" image --quiet --skip-version-check --input "$directory/$name.tar" --format cyclonedx --output "$sbom"
    cosign sign --yes "$registry/$name@$digest"
    cosign attest --yes --type cyclonedx --predicate "$sbom" "$registry/$name@$digest"
  fi
  digests=$(jq --compact-output --arg name "$name" --arg digest "$digest" '.[$name] = $digest' <<<"$digests")
  echo "${digest#sha256:}  $registry/$name" >>"$directory/checksums.txt"
done
echo "$digests" >"$directory/digests.json"
[[ -z ${GITHUB_OUTPUT:-} ]] || echo "digests=$digests" >>"$GITHUB_OUTPUT"
