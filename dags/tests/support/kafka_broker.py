"""A real Kafka broker of one node on free ports, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.mlflow_server import free_port

_RUN_BROKER = Path(__file__).parents[3] / "serving" / "local" / "kafka" / "run-broker.sh"
_START_SECONDS = 180


@contextmanager
def running_broker(directory: Path) -> Iterator[str]:
    """The broker's address, host:port. Skips the test where none is installed."""
    libs = os.environ.get("KAFKA_LIBS", "")
    if not Path(libs, "kafka_2.13-4.3.1.jar").is_file():
        pytest.skip("no Kafka broker: Java 17 and Maven are needed to install one")
    address = f"127.0.0.1:{free_port()}"
    command = [str(_RUN_BROKER), libs, str(directory / "kafka"), address.rpartition(":")[2], str(free_port())]
    with (directory / "kafka.log").open("wb") as log:
        broker = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_until_ready(address, broker, directory / "kafka.log")
        yield address
    finally:
        os.killpg(broker.pid, signal.SIGKILL)
        broker.wait()


def _wait_until_ready(address: str, broker: subprocess.Popen[bytes], log: Path) -> None:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    deadline = time.monotonic() + _START_SECONDS
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    while time.monotonic() < deadline and broker.poll() is None:
        try:
            if client.list_topics(timeout=2).brokers:
                return
        except KafkaException:
            continue
    raise RuntimeError(f"the Kafka broker did not start:\n{log.read_text(errors='replace')[-2000:]}")
