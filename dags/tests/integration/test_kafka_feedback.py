"""Feedback from a real broker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from retraining.errors import FeedbackUnreachableError
from retraining.monitoring import kafka_feedback
from retraining.monitoring.feedback import Feedback, read_feedback
from retraining.monitoring.feedback_source import open_source
from tests.support.feedback import START, outcome, prediction, stamp
from tests.support.kafka_broker import running_broker
from tests.support.mlflow_server import free_port

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker with both topics, of three partitions each."""
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    with running_broker(tmp_path_factory.mktemp("broker")) as address:
        names = (kafka_feedback.PREDICTIONS_TOPIC, kafka_feedback.OUTCOMES_TOPIC)
        admin = AdminClient({"bootstrap.servers": address})  # its futures die with it
        for future in admin.create_topics([NewTopic(name, 3, 1) for name in names]).values():
            future.result(timeout=30)
        _wait_for_leaders(address)
        yield address


def _wait_for_leaders(address: str) -> None:
    """A topic exists a moment before its partitions can be asked."""
    deadline = time.monotonic() + 30
    while True:
        try:
            read(address)
            return
        except FeedbackUnreachableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def produce(broker: str, topic: str, lines: list[dict[str, Any]], *, transaction: bool = False) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker, **({"transactional.id": "test"} if transaction else {})})
    if transaction:
        producer.init_transactions(30)
        producer.begin_transaction()
    for line in lines:
        at = line.get("at") or line["received_at"]
        moment = int(datetime.fromisoformat(at).timestamp() * 1000)
        producer.produce(topic, json.dumps(line).encode(), key=line["request_id"], timestamp=moment)
    if transaction:
        producer.commit_transaction(30)
    assert producer.flush(30) == 0


def read(address: str, *, days: float = 10) -> Feedback:
    return read_feedback(
        open_source(f"kafka://{address}"),
        model="credit-scoring",
        since=START - HOUR,
        until=START + timedelta(days=days),
        max_rows=10_000,
        skew=timedelta(minutes=5),
    )


def test_a_window_is_read_from_all_partitions_and_ends(broker: str) -> None:
    assert len(read(broker).predictions) == 0, "empty topics are read at once"
    old = [prediction(f"old-{index}", at=stamp(START - 5 * HOUR)) for index in range(20)]
    new = [prediction(f"new-{index}", at=stamp(START + index * HOUR / 60)) for index in range(2500)]
    produce(broker, kafka_feedback.PREDICTIONS_TOPIC, [*old, *new])
    produce(broker, kafka_feedback.OUTCOMES_TOPIC, [outcome(f"new-{index}", index % 2) for index in range(100)])
    feedback = read(broker)
    assert len(feedback.predictions) == 2500
    assert feedback.outcomes["label"].value_counts().to_dict() == {0: 50, 1: 50}
    again = read(broker)
    assert len(again.predictions) == 2500, "nothing is committed: every run reads its window anew"


def test_a_transaction_s_marker_at_the_end_is_no_message_to_wait_for(broker: str) -> None:
    before = len(read(broker).predictions)
    produce(broker, kafka_feedback.PREDICTIONS_TOPIC, [prediction("in-a-transaction")], transaction=True)
    # The commit is known to its coordinator first, and to the partitions a moment later.
    deadline = time.monotonic() + 30
    while len(read(broker).predictions) == before:
        assert time.monotonic() < deadline
    assert len(read(broker).predictions) == before + 1


def test_a_broker_that_is_away_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_feedback, "_REQUEST_SECONDS", 1.0)
    with pytest.raises(FeedbackUnreachableError) as caught:
        read(f"127.0.0.1:{free_port()}")
    assert caught.value.transient
