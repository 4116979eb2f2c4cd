"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pandas as pd

# The tables are too small to share out, and threads that wait for each other burn the cores of a busy machine.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")


IN_AIRFLOW = find_spec("airflow") is not None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out the tests of the other environment, whose imports would fail in this one."""
    if collection_path.parent != Path(__file__).parent or not collection_path.is_dir():
        return None
    return (collection_path.name == "airflow") != IN_AIRFLOW or None


FIRST_ERROR = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Says in the report of a test that passed only when CI ran it again why it failed at first."""
    report = yield
    if call.excinfo is not None and report.failed:
        item.stash[FIRST_ERROR] = call.excinfo.exconly()
    elif report.when == "call" and report.passed and FIRST_ERROR in item.stash:
        item.user_properties.append(("flaky", item.stash[FIRST_ERROR]))
    return report


@pytest.fixture(scope="session")
def credit_rows() -> pd.DataFrame:
    """3,000 synthetic applications, checked and typed. Copy before changing."""
    from retraining.synthetic import generate
    from retraining.validation import validate

    return validate(generate(3_000, seed=11), "synthetic:")


@pytest.fixture(scope="session")
def uci_path() -> Path:
    """The real table, from the environment variable UCI_DATASET."""
    path = os.environ.get("UCI_DATASET", "")
    if not path:
        pytest.skip("UCI_DATASET does not name a copy of 'Default of Credit Card Clients'")
    return Path(path)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server with an empty registry, for the whole session."""
    from tests.support.mlflow_server import running_server

    with running_server(tmp_path_factory.mktemp("mlflow")) as address:
        yield address
