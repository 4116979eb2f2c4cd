"""When a new champion is watched, and when nobody can."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from retraining import registry, rollout
from retraining.errors import PrometheusUnreachableError
from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings
from tests.support.mlflow_server import free_port


def find(prometheus: str, event: dict[str, str] | None = None) -> Any:
    document = {"dag_id": "champion_baking", "dag_run_id": "r", "params": {"plan": {}}, "event": event or {}}
    surroundings = Settings("m", "w", ("serve",), "", 5, prometheus_url=prometheus)
    return rollout.find_promoted(RolloutRun.from_json(json.dumps(document)), surroundings)


@pytest.fixture
def prometheus() -> Iterator[str]:
    """One that answers."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v1/query?query=1" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def champion(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Of the registry."""
    found: dict[str, Any] = {"version": "8"}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr(
        registry.Registry, "by_alias", lambda *_: SimpleNamespace(**found) if found["version"] else None
    )
    return found


def test_the_champion_is_watched_where_prometheus_answers(prometheus: str, champion: dict[str, Any]) -> None:
    assert find(prometheus, {"version": "8", "previous": "7"}) == {"version": "8"}
    assert find(prometheus) == {"version": "8"}


def test_of_two_promotions_the_later_one_is_watched(
    prometheus: str, champion: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert find(prometheus, {"version": "7", "previous": "6"}) == {"version": "8"}
    assert "version 7 is no longer champion; version 8 is watched instead" in caplog.text


def test_there_may_be_no_champion(prometheus: str, champion: dict[str, Any]) -> None:
    champion["version"] = None
    assert find(prometheus) is None


@pytest.mark.parametrize(
    ("address", "event", "reason"),
    [
        ("", {}, "PROMETHEUS_URL is not set"),
        (f"http://127.0.0.1:{free_port()}", {}, "nobody answers there (`make monitoring-up`)"),
        (f"http://localhost:{free_port()}", {}, "nobody answers there"),
        ("http://prometheus.invalid:9090", {"version": "1", "previous": "none"}, "there is no version to go back to"),
    ],
)
def test_it_ends_at_once_and_says_why(
    champion: dict[str, Any], caplog: pytest.LogCaptureFixture, address: str, event: dict[str, str], reason: str
) -> None:
    assert find(address, event) is None
    assert caplog.messages[-1].startswith("nobody watches the new champion: ")
    assert reason in caplog.messages[-1]


def test_a_prometheus_elsewhere_is_only_away(champion: dict[str, Any]) -> None:
    with pytest.raises(PrometheusUnreachableError) as raised:
        find("http://prometheus.invalid:9090", {"version": "8", "previous": "7"})
    assert raised.value.transient
