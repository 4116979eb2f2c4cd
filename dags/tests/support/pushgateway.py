"""A real Prometheus Pushgateway on a free port, for tests."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.mlflow_server import free_port

_START_SECONDS = 60


@contextmanager
def running_pushgateway(directory: Path) -> Iterator[str]:
    """Its address. Skips the test where none is installed."""
    program = shutil.which("prometheus-pushgateway") or shutil.which("pushgateway")
    if program is None:
        pytest.skip("no Pushgateway: the Debian package prometheus-pushgateway is not installed")
    address = f"127.0.0.1:{free_port()}"
    with (directory / "pushgateway.log").open("wb") as log:
        server = subprocess.Popen([program, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _ready(address):
            if time.monotonic() > deadline or server.poll() is not None:
                raise RuntimeError(f"the Pushgateway did not start: {(directory / 'pushgateway.log').read_text()}")
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        server.kill()
        server.wait()


def series_of(address: str) -> dict[str, float]:
    """All series that it shows, as they are written, without those about itself."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if line.startswith("model_")]
    return {name: float(value) for name, value in pairs}


def _ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False
