#!/usr/bin/env bash
# Runs a command with a Kubernetes for tests to play in, and ends with its exit code:
#   with-test-cluster.sh COMMAND...
# The command finds KUBECONFIG and IMAGE_LOAD: what to put before the name of an image that was built on this machine
# for it to be in the cluster. Both come from
#   - CLUSTER_TOOLS, a folder with `up`, which prints the path of a KUBECONFIG, `down` and `image-load`. A cluster that
#     runs already is left running, another one is stopped again, however the command ends, unless KEEP_CLUSTER is set; or
#   - whoever calls. KUBECONFIG alone is not enough: the one of everyday work is no playground.
# Without a cluster it says so and that is all.
set -euo pipefail

# A machine that has never had it compiles Kubernetes first.
UP_TIMEOUT=25m

if [[ -n ${CLUSTER_TOOLS:-} ]]; then
  home=${CLUSTER_HOME:-$HOME/.cache/cluster-testbed}
  export PATH="$home/bin:$PATH" KUBECONFIG="$home/pki/admin.kubeconfig" IMAGE_LOAD="$CLUSTER_TOOLS/image-load"
  export CLUSTER_TOOLS
  # Not `up` in any case: it writes the configuration of what runs anew, and kube-proxy ends when it sees that.
  if ! kubectl get --raw /readyz --request-timeout=3s >/dev/null 2>&1; then
    stop() {
      echo '  stopping the cluster'
      "$CLUSTER_TOOLS/down"
    }
    if [[ -z ${KEEP_CLUSTER:-} ]]; then
      trap stop EXIT
      trap 'exit 130' INT
      trap 'exit 143' TERM
    fi
    serving/local/step.sh .tools/logs/test-cluster.log 'starting the cluster' timeout "$UP_TIMEOUT" "$CLUSTER_TOOLS/up"
  fi
  # One to play in, whatever its name.
  CLUSTER_CONFIRM="$(kubectl config current-context)"
  export CLUSTER_CONFIRM
elif [[ -z ${KUBECONFIG:-} || -z ${IMAGE_LOAD:-} ]]; then
  echo "Skipped, for want of a cluster: KUBECONFIG=... IMAGE_LOAD='kind load docker-image' name one that tests may use."
  exit 0
fi

"$@"
