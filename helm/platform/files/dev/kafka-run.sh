# A broker of one node (KRaft), in the foreground.
set -euo pipefail
kafka=(java -Xmx384m -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*')
# Formatted already: the broker goes on with what it has.
if [[ ! -e /var/lib/kafka/data/meta.properties ]]; then
  id=$("${kafka[@]}" kafka.tools.StorageTool random-uuid | tail -1)
  "${kafka[@]}" kafka.tools.StorageTool format --standalone --cluster-id "$id" --config /etc/kafka/server.properties
fi
exec "${kafka[@]}" kafka.Kafka /etc/kafka/server.properties
