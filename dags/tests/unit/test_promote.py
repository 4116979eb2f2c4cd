"""What the task ``promote`` tells the serving command line."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from retraining import pipeline, registry, serving_cli
from retraining.pipeline.step_context import workspace_of
from retraining.run import Run
from retraining.settings import Settings


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command was called with."""
    arguments: dict[str, Any] = {}

    def promote(_: Settings, version: str, **keywords: Any) -> dict[str, Any]:
        arguments.update(keywords, version=version)
        return {}

    monkeypatch.setattr(serving_cli, "promote", promote)
    return arguments


def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, champion: str | None) -> tuple[Run, Settings]:
    """A run whose version 8 was compared against champion 7, in a registry with this champion."""
    params = {"dataset_uri": "synthetic:", "seed": 7, "auto_promote": True}
    document = {"dag_id": "retraining", "dag_run_id": "manual__1", "bundle_version": None, "params": params}
    run = Run.from_json(json.dumps(document))
    settings = Settings("m", tmp_path.as_uri(), ("serve",), "", 5)
    workspace_of(run, settings).write_json("registered.json", {"version": "8", "compared_against": "7"})
    found = None if champion is None else SimpleNamespace(version=champion)
    monkeypatch.setattr(registry.Registry, "by_alias", lambda *_: found)
    return run, settings


def test_the_history_hears_which_run_promotes_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    assert pipeline.promote(*task(tmp_path, monkeypatch, "7")) == {"version": "8", "previous": "7"}
    assert told == {
        "version": "8",
        "expected_champion": "7",
        "by": "airflow:retraining/manual__1",
        "reason": "passed every gate against champion 7",
        "approved_by": "",
    }


def test_the_history_hears_who_approved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]) -> None:
    pipeline.promote(*task(tmp_path, monkeypatch, "7"), approved_by="ana")
    assert told["approved_by"] == "ana"


def test_a_task_that_is_run_again_expects_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    pipeline.promote(*task(tmp_path, monkeypatch, "8"))
    assert told["expected_champion"] == "8"
