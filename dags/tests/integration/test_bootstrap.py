"""The registry bootstrap, as the platform calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.support.mlflow_server import free_port

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).parents[3] / "mlflow" / "bootstrap.py"
RECEIVER = "http://127.0.0.1:8082/webhooks/mlflow"


def bootstrap(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_running_it_again_changes_nothing_but_the_webhooks_address(mlflow_server: str) -> None:
    common = ("--tracking-uri", mlflow_server, "--model", "bootstrapped", "--webhook-url")
    first = bootstrap(*common, RECEIVER, MLFLOW_WEBHOOK_SECRET="s1")
    assert first.returncode == 0, first.stderr
    assert "registered model bootstrapped: created" in first.stdout
    assert f"webhook serving-alias-moved: created, model_version_alias.created to {RECEIVER}" in first.stdout
    second = bootstrap(*common, f"{RECEIVER}/2", MLFLOW_WEBHOOK_SECRET="s2")
    assert second.returncode == 0, second.stderr
    assert "registered model bootstrapped: is there" in second.stdout
    assert "webhook serving-alias-moved: updated" in second.stdout
    assert "s2" not in second.stdout.split()
    client = MlflowClient(mlflow_server)
    assert [webhook.url for webhook in client.list_webhooks()] == [f"{RECEIVER}/2"]
    assert "model package" in client.get_registered_model("bootstrapped").description


def test_says_in_one_line_that_there_is_no_server() -> None:
    done = bootstrap("--tracking-uri", f"http://127.0.0.1:{free_port()}", "--timeout-seconds", "1")
    assert done.returncode == 1
    assert "did not answer within 1 s" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_refuses_a_webhook_without_a_secret(mlflow_server: str) -> None:
    done = bootstrap("--tracking-uri", mlflow_server, "--webhook-url", RECEIVER, MLFLOW_WEBHOOK_SECRET="")
    assert done.returncode == 2
    assert "MLFLOW_WEBHOOK_SECRET" in done.stderr


def test_nothing_here_shadows_the_installed_mlflow() -> None:
    assert not (SCRIPT.parent / "__init__.py").exists()
