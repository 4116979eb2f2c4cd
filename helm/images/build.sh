#!/usr/bin/env bash
# Builds one image of the platform:
#   helm/images/build.sh REGISTRY TAG serving|training|airflow|mlflow|postgres|s3|kafka
# `make images` calls it, in an order in which each finds what it is made from: the image of training takes Node and
# the command line from that of serving, s3 and kafka take what `make` has built or fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
registry=$1 tag=$2 name=$3
image="$registry/$name:$tag"
build=helm/images/labelled-build.sh

case "$name" in
  serving) exec serving/image/build.sh "$image" ;;
  airflow | training)
    exec "$build" "$image" 'dags serving' --build-arg "SERVING_IMAGE=$registry/serving:$tag" --target "$name" \
      -f dags/Dockerfile .
    ;;
  mlflow) exec "$build" "$image" 'mlflow dags/requirements' -f mlflow/Dockerfile . ;;
  postgres) exec "$build" "$image" helm/dev-images -f helm/dev-images/postgres/Dockerfile helm/dev-images/postgres ;;
  s3) exec "$build" "$image" helm/dev-images -f helm/dev-images/s3/Dockerfile .tools/go/bin ;;
  kafka)
    if [[ ! -d .tools/kafka/libs ]]; then
      echo 'The jars of a broker are fetched with Java 17 and Maven (java and mvn on the PATH).' >&2
      exit 69
    fi
    exec "$build" "$image" 'helm/dev-images serving/local/kafka' -f helm/dev-images/kafka/Dockerfile .tools/kafka/libs
    ;;
  *)
    echo "There is no image '$name': serving, training, airflow, mlflow, postgres, s3 and kafka." >&2
    exit 64
    ;;
esac
