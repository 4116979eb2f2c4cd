#!/usr/bin/env bash
# Installs or upgrades charts of others, each as a release of its own, in an order in which CRDs are there before what
# needs them:
#   install.sh ENVIRONMENT CHART... [-- HELM OPTIONS]
#   install.sh staging all
#   install.sh production airflow -- -f helm/values/airflow/celery.yaml
# Charts are the archives in helm/upstream/charts, of the versions of Chart.lock: `make upstream-charts` fetches them and
# holds them against archives.sha256. NAMESPACE is the platform's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

order=(gateway-helm cert-manager external-secrets kube-prometheus-stack opentelemetry-collector airflow)
environment=${1:?usage: install.sh ENVIRONMENT CHART... [-- HELM OPTIONS]}
[[ $environment == staging || $environment == production ]] || {
  echo "ENV is staging or production, not $environment: a dev cluster has all that it needs in the platform's chart." >&2
  exit 1
}
shift
wanted=()
while (($#)) && [[ $1 != -- ]]; do
  [[ $1 == all ]] && wanted+=("${order[@]}") || wanted+=("$1")
  shift
done
(($#)) && shift
((${#wanted[@]})) || { echo "Name charts, or all: ${order[*]}" >&2; exit 1; }
for chart in "${wanted[@]}"; do
  [[ " ${order[*]} " == *" $chart "* ]] || { echo "There is no chart $chart: ${order[*]}" >&2; exit 1; }
done

# install RELEASE NAMESPACE CHART VALUES...
install() {
  local release=$1 namespace=$2 chart=$3 archives files=() file
  archives=(upstream/charts/"$chart"-[0-9v]*.tgz)
  if [[ ${#archives[@]} != 1 || ! -e ${archives[0]} ]]; then
    echo "helm/upstream/charts has no archive of $chart, or several: run make upstream-charts." >&2
    exit 1
  fi
  shift 3
  for file in "$@"; do files+=(--values "values/$file"); done
  helm upgrade --install "$release" "${archives[0]}" --namespace "$namespace" --create-namespace \
    "${files[@]}" --wait --timeout 15m "${options[@]}"
}

options=("$@")
platform=${NAMESPACE:-retraining}
for chart in "${order[@]}"; do
  [[ " ${wanted[*]} " == *" $chart "* ]] || continue
  case $chart in
    gateway-helm)
      install envoy-gateway envoy-gateway-system "$chart" cluster/gateway-helm.yaml
      kubectl apply --server-side -f values/cluster/gateway-class.yaml
      ;;
    cert-manager | external-secrets)
      install "$chart" "$chart" "$chart" "cluster/$chart.yaml"
      ;;
    kube-prometheus-stack)
      install monitoring monitoring "$chart" monitoring/kube-prometheus-stack.yaml "$environment/monitoring.yaml"
      ;;
    opentelemetry-collector)
      kubectl create namespace logging --dry-run=client -o yaml | kubectl apply --server-side -f -
      # The pipeline is made of the files that are tested.
      kubectl create configmap log-pipeline --namespace logging --dry-run=client -o yaml \
        --from-file=../monitoring/logging/collector.yaml \
        --from-file=../monitoring/logging/sources/kubernetes.yaml \
        --from-file=../monitoring/logging/sources/kubernetes-attributes.yaml | kubectl apply --server-side -f -
      install logs logging "$chart" logging/opentelemetry-collector.yaml
      ;;
    airflow)
      install airflow "$platform" "$chart" airflow/common.yaml monitoring/airflow.yaml "airflow/$environment.yaml"
      ;;
  esac
done
