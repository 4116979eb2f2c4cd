#!/usr/bin/env bash
# What has changed up to a tag or commit since the tag before it, as Markdown, by what it has changed:
#   changelog.sh TAG
set -euo pipefail
to=${1:?usage: changelog.sh TAG}
from=$(git describe --tags --abbrev=0 --match 'v[0-9]*' "$to^" 2>/dev/null || true)

declare -A areas=(
  [serving]='Serving tier' [dags]='Pipeline' [mlflow]='Model registry' [helm]='Charts and images'
  [terraform]='Yandex Cloud' [monitoring]='Monitoring' [.github]='Workflows'
)
# A commit is told where it has changed most files.
changes=$(git log --no-merges --format='%x00%h %s' --name-only "${from:+$from..}$to" | awk '
  BEGIN { RS = "\0"; FS = "\n" }
  NF {
    split("", files); most = ""; best = 0
    for (i = 2; i <= NF; i++) if ($i != "") { split($i, path, "/"); if (++files[path[1]] > best) { best = files[path[1]]; most = path[1] } }
    space = index($1, " ")
    printf "%s\t- %s (%s)\n", most, substr($1, space + 1), substr($1, 1, space - 1)
  }')
for area in serving dags mlflow helm terraform monitoring .github; do
  of_area=$(awk -F '\t' -v area="$area" '$1 == area { print $2 }' <<<"$changes")
  [[ -z $of_area ]] || printf '## %s\n\n%s\n\n' "${areas[$area]}" "$of_area"
done
rest=$(awk -F '\t' -v areas=" ${!areas[*]} " 'index(areas, " " $1 " ") == 0 { print $2 }' <<<"$changes")
[[ -z $rest ]] || printf '## Everything else\n\n%s\n' "$rest"
