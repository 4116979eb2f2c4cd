"""A run whose promotion CI is to make, from its configuration to GitHub, by Airflow and both of its environments."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.github import GitHub, running_github

pytestmark = pytest.mark.airflow

DAGS = Path(__file__).parents[2]
TRAINING = Path(os.environ.get("TRAINING_PYTHON", DAGS.parent / ".venv/training/bin/python"))


@pytest.fixture(scope="module")
def database() -> None:
    """Airflow's, in the home of these tests."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running_github() as stand_in:
        yield stand_in


@pytest.fixture
def promote(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: None) -> Any:
    """The DAG with its last task alone, in surroundings where version 8 is blessed."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    if not TRAINING.exists():
        pytest.skip(f"there is no training environment: {TRAINING}")
    token = tmp_path / "token"
    token.write_text("secret-of-ci\n", encoding="utf-8")
    bundle = {"name": "dags", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle"}
    environment = {
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle | {"kwargs": {"path": str(DAGS)}}]),
        "TRAINING_PYTHON": str(TRAINING),
        # An empty registry, without a server.
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "RETRAINING_WORKSPACE_URI": (tmp_path / "workspace").as_uri(),
        "PROMOTION_REPOSITORY": "bank/platform",
        "PROMOTION_ENVIRONMENT": "staging",
        "PROMOTION_TOKEN_FILE": str(token),
        "GITHUB_API_URL": github.url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # The one thing that a task of dag.test() lacks: Airflow has checked the bundle out by then.
    checked_out = SimpleNamespace(path=DAGS, version="f" * 40)
    monkeypatch.setattr(RuntimeTaskInstance, "bundle_instance", checked_out, raising=False)
    dag = DagBag(str(DAGS / "credit_scoring_retraining.py")).dags["credit_scoring_retraining"]
    alone = dag.partial_subset("promote", include_upstream=False)
    alone.deadline = None  # dag.test() knows none
    return alone


def run(dag: Any, after: datetime, tmp_path: Path) -> Any:
    """Runs the task as configured by whoever triggers it, and returns its state, and how often it was tried."""
    from retraining.workspace import safe_name

    # What the tasks before it leave.
    folder = tmp_path / "workspace" / safe_name(f"manual__{after.isoformat()}")
    folder.mkdir(parents=True)
    left = {"version": "8", "compared_against": "none"}
    (folder / "registered.json").write_text(json.dumps(left), encoding="utf-8")
    done = dag.test(run_after=after, logical_date=after, run_conf={"promotion": "ci"})
    [promote] = done.get_task_instances()
    return promote.state, promote.try_number


def test_github_is_asked_for_the_version_that_the_run_has_registered(
    promote: Any, github: GitHub, tmp_path: Path
) -> None:
    assert run(promote, datetime(2026, 1, 1, tzinfo=UTC), tmp_path) == ("success", 1)
    run_id = "manual__2026-01-01T00:00:00+00:00"
    payload = {
        "environment": "staging",
        "model": "credit-scoring",
        "version": "8",
        "reason": f"passed every gate against champion none; airflow:credit_scoring_retraining/{run_id}",
    }
    assert github.requests == [
        {
            "path": "/repos/bank/platform/dispatches",
            "token": "Bearer secret-of-ci",
            "body": {"event_type": "promote-model", "client_payload": payload},
        }
    ]


def test_a_token_that_may_not_fails_the_task_at_once(promote: Any, github: GitHub, tmp_path: Path) -> None:
    github.status = 403
    assert run(promote, datetime(2026, 1, 2, tzinfo=UTC), tmp_path) == ("failed", 1)
    assert len(github.requests) == 1
