"""Stands in front of a server and cuts the line at a request that a test chooses."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Cut:
    """Where the line is cut. ``before``: the server never hears of the request; ``after``: it did what was asked."""

    method: str
    path_end: str
    when: Literal["before", "after"]
    dead: bool = True
    """Nothing else passes either, as where the server has died; otherwise one answer is lost."""
    then: Callable[[], None] = lambda: None
    happened: threading.Event = field(default_factory=threading.Event)


class CuttingProxy:
    """Passes everything on, but for what a test cuts."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.cut: Cut | None = None
        self.dead = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Where to reach the server through this."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def restore(self) -> None:
        """The server is back."""
        self.cut, self.dead = None, False

    @contextmanager
    def running(self) -> Iterator[CuttingProxy]:
        """Serves until left."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def _matching(self, method: str, path: str) -> Cut | None:
        cut = self.cut
        if cut is None or cut.happened.is_set() or cut.method != method:
            return None
        return cut if urlsplit(path).path.endswith(cut.path_end) else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
                pass

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                cut = proxy._matching(self.command, self.path)
                if proxy.dead or (cut and cut.when == "before"):
                    self._hang_up(cut)
                    return
                connection = http.client.HTTPConnection(proxy.upstream.hostname or "", proxy.upstream.port)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if cut:
                    self._hang_up(cut)
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _hang_up(self, cut: Cut | None) -> None:
                if cut:
                    proxy.dead = cut.dead
                    cut.happened.set()
                    cut.then()
                self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815  # the base class calls them so

        return Handler
