{{- define "platform.kafkaProperties" -}}
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:9094
controller.listener.names=CONTROLLER
# FORWARDED is for `kubectl port-forward`, which comes by way of the pod's own loopback address: whoever stands outside of
# the cluster finds the broker where it says that it is, at 127.0.0.1 and this port.
listeners=PLAINTEXT://0.0.0.0:9092,FORWARDED://127.0.0.1:19094,CONTROLLER://127.0.0.1:9094
advertised.listeners=PLAINTEXT://kafka.{{ .Release.Namespace }}.svc.cluster.local:9092,FORWARDED://127.0.0.1:19094
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,FORWARDED:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=/var/lib/kafka/data
# One node holds every copy.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
offsets.topic.num.partitions=4
num.partitions={{ .Values.dev.kafka.partitions }}
# Nobody else comes whom a consumer should wait for.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
{{- end -}}
