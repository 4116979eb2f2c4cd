#!/usr/bin/env bash
# One version for the tier, its images and the charts that install them: the one in serving/package.json.
#   version.sh check [TAG]     every place says the same; a TAG is that version with a v before it
#   version.sh set VERSION     writes it into all of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# FILE, and what comes before the version in a line of it.
places=(
  'helm/serving/Chart.yaml ^(version|appVersion): '
  'helm/mlflow/Chart.yaml ^(version|appVersion): '
  'helm/platform/Chart.yaml ^(version|appVersion|    version): '
  'helm/platform/Chart.lock ^  version: '
  'helm/values/staging/platform.yaml ^    tag: '
  'helm/values/production/platform.yaml ^    tag: '
  'helm/values/airflow/staging.yaml ^ *(tag|defaultAirflowTag|worker_container_tag): '
  'helm/values/airflow/production.yaml ^ *(tag|defaultAirflowTag|worker_container_tag): '
  'helm/values/airflow/celery.yaml ^ *tag: '
  "serving/src/api/model-metadata.ts ^export const SERVER = .* version: '"
)
version=$(node -p 'require("./serving/package.json").version')

case ${1:-} in
  check)
    failed=0
    [[ -z ${2:-} || $2 == "v$version" ]] || {
      echo "The tag is $2, and serving/package.json says $version: make set-version VERSION=${2#v}" >&2
      failed=1
    }
    for place in "${places[@]}"; do
      file=${place%% *} before=${place#* }
      grep -qE "${before}[0-9]" "$file" || {
        echo "$file says no version after '$before'." >&2
        failed=1
      }
      while IFS= read -r line; do
        echo "$file:$line, and serving/package.json says $version: make set-version VERSION=$version" >&2
        failed=1
      done < <(grep -nE "${before}[0-9]" "$file" | grep -vE "[ '\"]${version//./\\.}(['\"]|\$)" || true)
    done
    exit "$failed"
    ;;
  set)
    new=${2:?usage: version.sh set VERSION}
    [[ $new =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?$ ]] || {
      echo "$new is no version such as 1.2.3 or 1.3.0-rc.1." >&2
      exit 64
    }
    for place in "${places[@]}"; do
      sed -i -E "s/(${place#* })[0-9][-0-9a-z.]*/\1$new/" "${place%% *}"
    done
    [[ $new == "$version" ]] || npm --prefix serving version --no-git-tag-version "$new" >/dev/null
    # Chart.lock also has a sum of what it locks.
    helm=.tools/helm/bin/helm
    [[ -x $helm ]] || helm=helm
    "$helm" dependency update helm/platform >/dev/null
    echo "The version is $new. Commit it; a tag v$new on main publishes it."
    ;;
  *)
    echo 'usage: version.sh check [TAG] | set VERSION' >&2
    exit 64
    ;;
esac
