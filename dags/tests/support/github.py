"""A stand-in for GitHub's API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


@dataclass
class GitHub:
    """Answers every request with one status, and keeps them."""

    status: int = 204
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def running_github() -> Iterator[GitHub]:
    """On a free port of this machine, for the length of the block."""
    stand_in = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stand_in.requests.append(
                {"path": self.path, "token": self.headers["Authorization"], "body": json.loads(body)}
            )
            self.send_response(stand_in.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield stand_in
        server.shutdown()
        thread.join()
