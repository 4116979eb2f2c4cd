"""A task as a process: its log and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from retraining.step import PERMANENT, TRANSIENT
from tests.support.mlflow_server import free_port

DAGS = Path(__file__).parents[2]


def call(task: str, workspace: Path, dataset_uri: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs one task as Airflow does: in a process that imports ``run_step`` and calls it."""
    params = {"dataset_uri": dataset_uri, "seed": 7, "candidates": [], "auto_promote": True}
    run = json.dumps({"dag_id": "d", "dag_run_id": "r", "bundle_version": None, "params": params})
    script = f"from retraining.step import run_step; run_step({task!r}, {run!r})"
    surroundings = {"RETRAINING_WORKSPACE_URI": str(workspace), "MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | surroundings | {"PYTHONPATH": str(DAGS)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_expected_failure_is_one_message_without_a_trace(tmp_path: Path) -> None:
    done = call("ingest", tmp_path, "/no/such/file.csv")
    assert done.returncode == PERMANENT
    assert done.stdout.splitlines()[-1] == "ingest failed: /no/such/file.csv: there is no such file"
    assert "Traceback" not in done.stdout + done.stderr


def test_a_lost_connection_may_be_retried_and_leaks_nothing(tmp_path: Path) -> None:
    done = call("ingest", tmp_path, f"https://user:secret@127.0.0.1:{free_port()}/a.csv?token=secret")
    assert done.returncode == TRANSIENT
    assert "secret" not in done.stdout + done.stderr


def test_a_registry_that_is_away_may_come_back(tmp_path: Path, credit_rows: pd.DataFrame) -> None:
    assert call("ingest", tmp_path, "synthetic:?rows=2000").returncode == 0
    away = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = call("validate", tmp_path, "synthetic:?rows=2000", **away)
    assert done.returncode == TRANSIENT, done.stdout + done.stderr
    assert "MLflow does not answer" in done.stdout


def test_ingesting_needs_no_training_library(tmp_path: Path) -> None:
    script = "import sys, retraining.step, retraining.pipeline, retraining.run; print([m for m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(DAGS)},
        capture_output=True,
        text=True,
        check=True,
    )
    for heavy in ("sklearn", "mlflow", "onnx", "pandas"):
        assert f"'{heavy}'" not in done.stdout


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_URI", "RETRAINING_WORKSPACE_URI"])
def test_a_missing_setting_is_named(tmp_path: Path, name: str) -> None:
    done = call("ingest", tmp_path, "synthetic:", **{name: ""})
    assert (done.returncode, name in done.stdout) == (PERMANENT, True)
