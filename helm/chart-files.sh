#!/usr/bin/env bash
# Copies into the charts what they bring of files that live elsewhere: a chart can read only what lies inside of it.
# `make check-chart-files` fails where a copy differs. What is about the tier goes into its chart, which can be
# installed alone, all the rest into the platform's.
set -euo pipefail
cd "$(dirname "$0")/.."

# rules of replicas on one machine: kube-state-metrics and cAdvisor, whose place they take there, are in every cluster.
not_in_a_cluster=(rules/replicas-local.yaml)
of_the_tier=(
  rules/serving.yaml rules/stream.yaml rules/replicas-kubernetes.yaml
  alerts/serving.yaml alerts/traffic.yaml alerts/stream.yaml alerts/model.yaml
  dashboards/serving.json dashboards/live-traffic.json dashboards/attack.json dashboards/model-quality.json
)

is_in() {
  local wanted=$1 entry
  shift
  for entry in "$@"; do [[ $entry == "$wanted" ]] && return; done
  return 1
}

for chart in serving platform; do
  rm -rf "helm/$chart/files/"{rules,alerts,dashboards,alertmanager}
  mkdir -p "helm/$chart/files/"{rules,alerts,dashboards}
done

taken=0
for source in monitoring/rules/*.yaml monitoring/alerts/*.yaml monitoring/dashboards/generated/*.json; do
  name=${source#monitoring/}
  name=${name/generated\//}
  is_in "$name" "${not_in_a_cluster[@]}" && continue
  chart=platform
  if is_in "$name" "${of_the_tier[@]}"; then
    chart=serving
    taken=$((taken + 1))
  fi
  cp "$source" "helm/$chart/files/$name"
done
if ((taken != ${#of_the_tier[@]})); then
  echo "helm/chart-files.sh: of ${#of_the_tier[@]} files of the tier, monitoring/ has $taken: one was renamed" >&2
  exit 1
fi

mkdir -p helm/platform/files/alertmanager
cp monitoring/alertmanager/alertmanager.yaml monitoring/alertmanager/templates/*.tmpl helm/platform/files/alertmanager/

# The names of all settings, by which the chart refuses a misspelt one.
sed -n 's/^| `\([A-Z][A-Z0-9_]*\)` |.*/\1/p' serving/docs/settings.md > helm/serving/files/settings.txt
