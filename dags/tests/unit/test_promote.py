"""What the task ``promote`` tells the serving command line."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from retraining import pipeline, promotion_request, registry, serving_cli
from retraining.errors import ConfigurationError, PromotionRefusedError
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
    # Nothing listens there; without an address MLflow makes a database in this folder.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    return arguments


def task(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    champion: str | None,
    needs_approval: str | None = None,
    promotion: str = "direct",
) -> tuple[Run, Settings]:
    """A run whose version 8 was compared against champion 7, in a registry with this champion."""
    params = {"dataset_uri": "synthetic:", "seed": 7, "auto_promote": True, "promotion": promotion}
    document = {"dag_id": "retraining", "dag_run_id": "manual__1", "bundle_version": None, "params": params}
    run = Run.from_json(json.dumps(document))
    settings = Settings("m", tmp_path.as_uri(), ("serve",), "", 5)
    registered = {"version": "8", "compared_against": "7", "needs_approval": needs_approval}
    workspace_of(run, settings).write_json("registered.json", registered)
    found = None if champion is None else SimpleNamespace(version=champion)
    monkeypatch.setattr(registry.Registry, "by_alias", lambda *_: found)
    return run, settings


def test_the_history_hears_which_run_promotes_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    assert pipeline.promote(*task(tmp_path, monkeypatch, "7")) == {
        "version": "8",
        "previous": "7",
        "promotion": "direct",
    }
    assert told == {
        "version": "8",
        "expected_champion": "7",
        "by": "airflow:retraining/manual__1",
        "reason": "passed every gate against champion 7",
        "approved_by": "",
    }


def test_the_history_hears_who_approved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]) -> None:
    tags = tags_of_the_version(monkeypatch)
    pipeline.promote(*task(tmp_path, monkeypatch, "7"), approval=answer(approved=True, by="ana", note="go"))
    assert (told["approved_by"], told["reason"]) == ("ana", "passed every gate against champion 7; go")
    assert (tags["approval"], tags["approval_by"], tags["approval_note"]) == ("approved", "ana", "go")


@pytest.mark.parametrize("by", ["ana", None])
def test_what_is_rejected_is_not_promoted_and_says_by_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], by: str | None
) -> None:
    tags = tags_of_the_version(monkeypatch)
    assert pipeline.promote(*task(tmp_path, monkeypatch, "7"), approval=answer(approved=False, by=by)) is None
    assert told == {}
    assert (tags["approval"], tags["approval_by"]) == ("rejected", by or "nobody: the time was over")


@pytest.mark.parametrize("approval", ["", "null", '{"needed": false, "approved": true}'])
def test_what_a_gate_has_doubts_about_needs_a_persons_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], approval: str
) -> None:
    assert pipeline.promote(*task(tmp_path, monkeypatch, "7", "it breaks clients"), approval=approval) is None
    assert told == {}


def test_an_answer_that_is_none_promotes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match="approve"):
        pipeline.promote(*task(tmp_path, monkeypatch, "7"), approval='{"yes": 1}')
    assert told == {}


def answer(*, approved: bool, by: str | None, note: str | None = None) -> str:
    """What the task approve returns."""
    return json.dumps({"needed": True, "approved": approved, "by": by, "at": "2026-11-21T12:00:00Z", "note": note})


def tags_of_the_version(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the version is tagged with."""
    tags: dict[str, str] = {}
    monkeypatch.setattr(registry.Registry, "version", lambda _, number: SimpleNamespace(version=number))
    monkeypatch.setattr(registry.Registry, "tag", lambda _, __, new: tags.update(new))
    return tags


def test_a_task_that_is_run_again_expects_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    pipeline.promote(*task(tmp_path, monkeypatch, "8"))
    assert told["expected_champion"] == "8"


@pytest.fixture
def pointed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which aliases were moved."""
    aliases: dict[str, str] = {}
    monkeypatch.setattr(registry.Registry, "version", lambda _, number: SimpleNamespace(version=number))
    monkeypatch.setattr(registry.Registry, "point", lambda _, alias, version: aliases.update({alias: version.version}))
    return aliases


def test_a_rollout_is_asked_for_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], pointed: dict[str, str]
) -> None:
    asked = task(tmp_path, monkeypatch, "7", promotion="rollout")
    assert pipeline.promote(*asked) == {"version": "8", "previous": "7", "promotion": "rollout"}
    assert (told, pointed) == ({}, {"challenger": "8"})


def test_a_rollout_is_asked_for_after_a_persons_yes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], pointed: dict[str, str]
) -> None:
    asked = task(tmp_path, monkeypatch, "7", "it breaks clients", promotion="rollout")
    assert pipeline.promote(*asked) is None
    tags_of_the_version(monkeypatch)
    assert pipeline.promote(*asked, approval=answer(approved=False, by="ana")) is None
    assert pointed == {}
    assert pipeline.promote(*asked, approval=answer(approved=True, by="ana")) is not None
    assert "challenger" in pointed


@pytest.fixture
def asked_of_ci(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Versions and reasons."""
    requests: list[tuple[str, str]] = []
    monkeypatch.setattr(
        promotion_request, "request_promotion", lambda _, version, reason: requests.append((version, reason))
    )
    return requests


def test_ci_is_asked_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], asked_of_ci: list[tuple[str, str]]
) -> None:
    outcome = pipeline.promote(*task(tmp_path, monkeypatch, "7", promotion="ci"))
    assert outcome == {"version": "8", "previous": "7", "promotion": "ci"}
    assert asked_of_ci == [("8", "passed every gate against champion 7; airflow:retraining/manual__1")]
    assert told == {}


def test_ci_is_not_asked_for_what_it_would_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], asked_of_ci: list[tuple[str, str]]
) -> None:
    with pytest.raises(PromotionRefusedError, match="compared with champion 7, and 9 is champion now"):
        pipeline.promote(*task(tmp_path, monkeypatch, "9", promotion="ci"))
    assert pipeline.promote(*task(tmp_path, monkeypatch, "7", "it breaks clients", promotion="ci")) is None
    assert (told, asked_of_ci) == ({}, [])


def test_the_first_champion_has_no_traffic_to_be_compared_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], pointed: dict[str, str]
) -> None:
    outcome = pipeline.promote(*task(tmp_path, monkeypatch, None, promotion="rollout"))
    assert (outcome or {})["promotion"] == "direct"
    assert told["version"] == "8"


def test_no_rollout_is_asked_for_beside_another_champion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], pointed: dict[str, str]
) -> None:
    with pytest.raises(PromotionRefusedError, match="compared with champion 7, and 9 is champion now"):
        pipeline.promote(*task(tmp_path, monkeypatch, "9", promotion="rollout"))
    assert (told, pointed) == ({}, {})
