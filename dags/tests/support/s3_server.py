"""A real, small S3 server (versitygw) on a free port; it refuses wrong keys, as S3 does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.mlflow_server import free_port

ACCESS_KEY, SECRET_KEY = "test-access", "test-secret"
_START_SECONDS = 60


def find_versitygw() -> str | None:
    """The server's program: from PATH, or where the project keeps its tools."""
    tools = Path(__file__).parents[3] / ".tools" / "go" / "bin"
    return shutil.which("versitygw", path=os.pathsep.join([os.environ.get("PATH", ""), str(tools)]))


@contextmanager
def running_s3(program: str, directory: Path) -> Iterator[str]:
    """The server's address; every folder below ``directory`` is a bucket."""
    port = free_port()
    command = [program, "--access", ACCESS_KEY, "--secret", SECRET_KEY, "--port", f"127.0.0.1:{port}", "posix", "."]
    server = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise RuntimeError("versitygw did not start") from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=10)
