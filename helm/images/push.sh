#!/usr/bin/env bash
# Pushes images that were built on this machine, and leaves their digests, by which they are deployed:
#   helm/images/push.sh REGISTRY TAG FILE NAME...      pushes REGISTRY/NAME:TAG; FILE gets {"NAME": "sha256:..."}
# By docker, podman or buildah, whichever has the images, beside which buildah needs skopeo. A tag that is there already
# is left alone where it has the same image, and not moved where it has another one: FORCE=1 moves it. CI signs what it
# publishes (publish.sh); this is for whoever has no CI.
set -euo pipefail
registry=${1:?usage: push.sh REGISTRY TAG FILE NAME...} tag=$2 file=$3
shift 3

# A registry on this machine is one to play in, and has no certificate.
plain=()
case $registry in
  localhost:* | 127.0.0.1:*) plain=(--tls-verify=false) ;;
  localhost | localhost/*)
    echo "IMAGE_REGISTRY=$registry names no registry: IMAGE_REGISTRY=<host>/<path>, as the images were built with." >&2
    exit 64
    ;;
esac

if [[ -z ${CLUSTER_TOOLS:-} ]] && docker info >/dev/null 2>&1; then tool=docker looking=docker
elif [[ -z ${CLUSTER_TOOLS:-} ]] && command -v podman >/dev/null; then tool=podman looking=podman
elif command -v buildah >/dev/null; then tool=buildah looking=skopeo
else
  echo 'No program that has images: docker, podman or buildah.' >&2
  exit 69
fi
for program in "$looking" jq; do
  command -v "$program" >/dev/null || { echo "push.sh needs $program on the PATH." >&2; exit 69; }
done

# The image as the registry has it, in JSON; nothing where it has none of that name.
complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT
remote() {
  local status=0
  case $looking in
    skopeo) skopeo inspect --raw "${plain[@]}" "docker://$1" 2>"$complaints" || status=$? ;;
    docker) docker manifest inspect ${plain[0]:+--insecure} "$1" 2>"$complaints" || status=$? ;;
    podman) podman manifest inspect "${plain[@]}" "$1" 2>"$complaints" || status=$? ;;
  esac
  ((status == 0)) || grep -qiE 'manifest unknown|name unknown|no such manifest|not found' "$complaints" || {
    echo "The registry does not say what $1 is: $(<"$complaints")" >&2
    return 1
  }
}

# What an image is made of, which does not depend on how it was compressed.
local_id() {
  case $tool in
    buildah) echo "sha256:$(buildah inspect --type image --format '{{.FromImageID}}' "$1")" ;;
    *) "$tool" image inspect --format '{{.Id}}' "$1" | sed 's/^\(sha256:\)\{0,1\}/sha256:/' ;;
  esac
}

push() {
  case $tool in
    docker) docker push --quiet "$1" >/dev/null ;;
    # OCI's format has no HEALTHCHECK.
    podman | buildah) "$tool" push --quiet --format v2s2 "${plain[@]}" "$1" >/dev/null ;;
  esac
}

digest_of() {
  case $tool in
    buildah) printf 'sha256:%s' "$(remote "$1" | sha256sum | cut -d' ' -f1)" ;;
    *) "$tool" image inspect --format '{{json .RepoDigests}}' "$1" | jq -er --arg name "${1%:*}@" 'map(select(startswith($name)))[0] | sub(".*@"; "")' ;;
  esac
}

digests='{}'
for name in "$@"; do
  image=$registry/$name:$tag
  id=$(local_id "$image") || { echo "There is no image $image here: make images IMAGES='$*' IMAGE_REGISTRY=$registry IMAGE_TAG=$tag" >&2; exit 66; }
  there=$(remote "$image")
  known=
  [[ -z $there ]] || known=$(jq -r '.config.digest // "several"' <<<"$there")
  if [[ $known == "$id" ]]; then
    done='is there already:'
  elif [[ -n $there && ! ${FORCE:-} =~ ^(1|true|yes)$ ]]; then
    echo "$image is another image in the registry. A tag is not moved: choose another IMAGE_TAG, or say FORCE=1." >&2
    exit 65
  else
    push "$image"
    done='pushed as'
  fi
  digest=$(digest_of "$image")
  echo "$image $done $digest"
  digests=$(jq --arg name "$name" --arg digest "$digest" '.[$name] = $digest' <<<"$digests")
done
mkdir -p "$(dirname "$file")"
echo "$digests" >"$file"
