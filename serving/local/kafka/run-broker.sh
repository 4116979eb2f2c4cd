#!/usr/bin/env bash
# A real Kafka broker of one node (KRaft), in the foreground. Its data is below a folder of the caller's.
#
#   run-broker.sh LIBS DIRECTORY PORT CONTROLLER_PORT [ADVERTISED_HOST]
#
# Listens on the loopback address, or on ADVERTISED_HOST as well where one is given. With KAFKA_METRICS_PORT Prometheus
# finds the broker's metrics there, on loopback, named by the rules in the file KAFKA_METRICS_RULES.
set -euo pipefail

libs=$1 directory=$2 port=$3 controller_port=$4 host=${5:-127.0.0.1}
mkdir -p "$directory"
cat >"$directory/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller_port
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://$host:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://$host:$port
log.dirs=$directory/data
# One node holds every copy.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Consumers of a test need not wait for others that may come.
group.initial.rebalance.delay.ms=0
# Nor long for those that were killed.
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=4
num.partitions=3
PROPERTIES

java() { command java -Xmx384m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$libs/*" "$@"; }
# Formatted already: the broker goes on with what it has.
if [[ ! -e $directory/data/meta.properties ]]; then
  id=$(java kafka.tools.StorageTool random-uuid | tail -1)
  java kafka.tools.StorageTool format --standalone --cluster-id "$id" --config "$directory/server.properties" >/dev/null
fi
agent=()
if [[ -n ${KAFKA_METRICS_PORT:-} ]]; then
  agent=("-javaagent:$(echo "$libs"/jmx_prometheus_javaagent-*.jar)=127.0.0.1:$KAFKA_METRICS_PORT:${KAFKA_METRICS_RULES:?}")
fi
exec "$(command -v java)" ${agent[@]+"${agent[@]}"} -Xmx384m -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$libs/*" kafka.Kafka "$directory/server.properties"
