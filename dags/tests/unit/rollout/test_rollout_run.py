"""Which version a run is of, and what it wants of the plan."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from retraining import registry, rollout
from retraining.errors import ConfigurationError, RegistryError
from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings

SETTINGS = Settings("m", "w", ("serve",), "", 5, prometheus_url="http://prometheus:9090")


def rendered(event: dict[str, str] | None = None, **params: Any) -> RolloutRun:
    document = {"dag_id": "d", "dag_run_id": "r", "params": {"version": "", "plan": {}} | params, "event": event or {}}
    return RolloutRun.from_json(json.dumps(document))


def test_a_person_names_the_version_or_a_retraining_does_or_nobody() -> None:
    assert rendered(version="8").version == "8"
    assert rendered({"version": "9"}).version == "9"
    assert rendered({"version": "9"}, version="8").version == "8"
    assert rendered().version is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"dag_id": "d", "dag_run_id": "r", "params": []}',
        '{"dag_id": "d", "dag_run_id": "r", "params": {"version": "8; rm"}}',
        '{"dag_id": "d", "dag_run_id": "r", "params": {"plan": [1]}}',
        '{"dag_id": "d", "dag_run_id": "r", "params": {"plan": {"baking": {"minutes": NaN}}}}',
    ],
)
def test_refuses_a_run_that_it_cannot_follow(text: str) -> None:
    with pytest.raises(ConfigurationError):
        RolloutRun.from_json(text)


@pytest.fixture
def aliases(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of a registry with versions 7 and 8."""
    pointing = {"champion": "7", "challenger": "8"}

    def version(_: registry.Registry, number: str) -> Any:
        if number not in ("7", "8"):
            raise RegistryError(f"no version {number}")
        approval = {"approval": "approved" if number == "8" else "rejected", "approval_by": "ana"}
        return SimpleNamespace(version=number, tags={"dossier_url": f"http://mlflow/{number}", **approval})

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr(registry.Registry, "version", version)
    monkeypatch.setattr(
        registry.Registry, "by_alias", lambda self, alias: version(self, pointing[alias]) if alias in pointing else None
    )
    return pointing


def test_it_is_the_challengers_unless_a_version_is_named(aliases: dict[str, str]) -> None:
    dossiers = {"8": "http://mlflow/8"}
    expected = {"version": "8", "approved_by": "ana", "selected": "8", "dossiers": dossiers}
    assert rollout.resolve_challenger(rendered(), SETTINGS) == expected
    named = rollout.resolve_challenger(rendered(version="7"), SETTINGS)
    assert named is not None
    assert (named["version"], named["approved_by"]) == ("7", ""), "a no of ana's is no yes"
    with pytest.raises(RegistryError, match="no version 99"):
        rollout.resolve_challenger(rendered(version="99"), SETTINGS)


def test_without_a_challenger_there_is_nothing_to_do(aliases: dict[str, str]) -> None:
    del aliases["challenger"]
    assert rollout.resolve_challenger(rendered(), SETTINGS) is None


def test_without_prometheus_nobody_could_tell(aliases: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="PROMETHEUS_URL is not set"):
        rollout.resolve_challenger(rendered(), Settings("m", "w", ("serve",), "", 5))


@pytest.mark.parametrize("address", ["prometheus:9090", "ftp://a", "http://", "/prometheus"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    values = {"MLFLOW_TRACKING_URI": "http://x", "RETRAINING_WORKSPACE_URI": "w", "PROMETHEUS_URL": address}
    with pytest.raises(ConfigurationError, match="PROMETHEUS_URL"):
        Settings.from_environment(values)
    values["PROMETHEUS_URL"] = "http://prometheus:9090/"
    assert Settings.from_environment(values).prometheus_url == "http://prometheus:9090"
