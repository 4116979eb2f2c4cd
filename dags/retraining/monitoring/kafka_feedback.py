"""Feedback in Kafka: a bounded read, from the first message of a moment to the end that is there now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from retraining.errors import FeedbackUnreachableError
from retraining.monitoring.feedback_source import LONGEST_LINE

PREDICTIONS_TOPIC = "prediction-log"
OUTCOMES_TOPIC = "prediction-outcomes"
_REQUEST_SECONDS = 15.0
_SILENCE_SECONDS = 30.0
_BATCH = 1000


class KafkaFeedback:
    """Both topics of a cluster. Commits no offset and joins no group: every run reads its window anew."""

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers

    def predictions(self, since: datetime) -> Iterator[bytes]:
        """See FeedbackSource."""
        return self._read(PREDICTIONS_TOPIC, since)

    def outcomes(self, since: datetime) -> Iterator[bytes]:
        """See FeedbackSource."""
        return self._read(OUTCOMES_TOPIC, since)

    def _read(self, topic: str, since: datetime) -> Iterator[bytes]:
        from confluent_kafka import Consumer, KafkaException

        consumer = Consumer(
            {
                "bootstrap.servers": self._brokers,
                "group.id": "model-monitoring",  # asked for by the client; nothing is committed to it
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                # Bounds what waits in memory, whatever the window.
                "queued.max.messages.kbytes": 16_384,
                "isolation.level": "read_committed",
                "log_level": 0,
            }
        )
        try:
            yield from _until(consumer, _bounds(consumer, topic, since))
        except KafkaException as error:
            raise FeedbackUnreachableError(f"Kafka does not answer: {error.args[0].name()}") from error
        finally:
            consumer.close()


def _bounds(consumer: Any, topic: str, since: datetime) -> dict[int, tuple[Any, int]]:
    """Partition -> (where to begin, the end that is there now), of those that hold something in between."""
    from confluent_kafka import TopicPartition

    known = consumer.list_topics(topic, timeout=_REQUEST_SECONDS).topics.get(topic)
    partitions = [] if known is None or known.error is not None else list(known.partitions)
    moment = int(since.timestamp() * 1000)
    bounds = {}
    wanted = [TopicPartition(topic, partition, moment) for partition in partitions]
    for begin in consumer.offsets_for_times(wanted, timeout=_REQUEST_SECONDS) if wanted else []:
        low, end = consumer.get_watermark_offsets(begin, timeout=_REQUEST_SECONDS)
        # Negative: no message is that young.
        if 0 <= begin.offset < end:
            bounds[begin.partition] = (TopicPartition(topic, begin.partition, max(begin.offset, low)), end)
    return bounds


def _until(consumer: Any, bounds: dict[int, tuple[Any, int]]) -> Iterator[bytes]:
    """Values of all messages within the bounds."""
    from confluent_kafka import KafkaException

    if not bounds:
        return
    begins = [begin for begin, _ in bounds.values()]
    consumer.assign(begins)
    ends = {partition: end for partition, (_, end) in bounds.items()}
    heard = time.monotonic()
    while ends:
        messages = consumer.consume(_BATCH, timeout=1.0)
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            partition = message.partition()
            if partition in ends and message.offset() < ends[partition] and message.value() is not None:
                value: bytes = message.value()
                yield value if len(value) <= LONGEST_LINE else b""
        # The position, not the last message: the end may be a marker of a transaction, which is no message.
        for position in consumer.position(begins):
            if position.partition in ends and position.offset >= ends[position.partition]:
                del ends[position.partition]
        if messages:
            heard = time.monotonic()
        elif time.monotonic() - heard > _SILENCE_SECONDS:
            raise FeedbackUnreachableError(
                f"Kafka sent nothing for {_SILENCE_SECONDS:.0f} s before the end was reached"
            )
