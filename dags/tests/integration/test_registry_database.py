"""What brings the databases of an MLflow server up to date, and what waits for that, against SQLite."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).parents[3] / "mlflow" / "database.py"


def database(command: str, uri: str, seconds: int = 1) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_AUTH_CONFIG_PATH"}
    return subprocess.run(
        [sys.executable, "-P", str(SCRIPT), command, "--timeout-seconds", str(seconds)],
        env=environment | {"MLFLOW_BACKEND_STORE_URI": uri},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_server_waits_until_the_schema_is_that_of_its_release(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    uri = f"sqlite:///{file}"
    empty = database("wait", uri)
    assert empty.returncode == 1
    assert "its schema is not there" in empty.stderr
    assert database("upgrade", uri, seconds=30).returncode == 0
    assert "up to date" in database("wait", uri).stdout
    with sqlite3.connect(file) as connection:
        connection.execute("update alembic_version set version_num = 'an-older-one'")
    older = database("wait", uri)
    assert older.returncode == 1
    assert "its schema is an-older-one, this MLflow needs" in older.stderr


def test_says_in_one_line_that_there_is_no_database(tmp_path: Path) -> None:
    done = database("upgrade", f"sqlite:///{tmp_path}/no-such-folder/mlflow.db")
    assert done.returncode == 1
    assert "no connection" in done.stderr
    assert len(done.stderr.splitlines()) == 1
