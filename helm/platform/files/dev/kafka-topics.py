"""Makes the topics that are missing, once the broker answers: topics.py BROKERS PARTITIONS TOPIC..."""

import sys

from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.error import KafkaError, KafkaException

brokers, partitions, *topics = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": brokers})
wanted = [NewTopic(topic, num_partitions=int(partitions), replication_factor=1) for topic in topics]
# Waits for a broker that is still starting.
for topic, made in admin.create_topics(wanted, request_timeout=240).items():
    try:
        made.result()
        print(f"{topic}: made")
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            sys.exit(f"{topic}: {error}")
        print(f"{topic}: is there")
