"""Data sets and workspaces in S3, against a real server that checks keys."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from retraining.dataset import load_dataset
from retraining.errors import DatasetError, DatasetUnreachableError
from retraining.workspace import Workspace
from tests.support.mlflow_server import free_port
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, find_versitygw, running_s3

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def s3_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = find_versitygw()
    if program is None:
        pytest.skip("versitygw is not installed (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0)")
    directory = tmp_path_factory.mktemp("s3")
    (directory / "bucket").mkdir()
    with running_s3(program, directory) as address:
        yield address


@pytest.fixture
def s3(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment that a task gets: address and keys."""
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()  # sessions keep the keys that they were made with
    yield
    s3fs.S3FileSystem.clear_instance_cache()


def test_tasks_exchange_files_and_read_data_through_a_bucket(s3: None, credit_rows: pd.DataFrame) -> None:
    workspace = Workspace("s3://bucket/workspace", "manual__2026-01-01T00:00:00+00:00")
    for content in ([1], [2]):
        workspace.write_json("value.json", content)
    assert workspace.read_json("value.json") == [2]
    workspace.write_table("rows.parquet", credit_rows)
    workspace.write_bytes("rows.csv", credit_rows.to_csv(index=False).encode())
    for name in ("rows.parquet", "rows.csv"):
        dataset = load_dataset(f"s3://{workspace.path.removeprefix('s3://')}/{name}")
        pd.testing.assert_frame_equal(dataset.frame, credit_rows)


def test_tells_what_is_wrong_without_telling_a_secret(s3: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    with pytest.raises(DatasetError, match="no such file"):
        load_dataset("s3://bucket/none.csv")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(DatasetError, match="access is denied") as denied:
        load_dataset("s3://bucket/none.csv")
    assert "wrong-secret" not in str(denied.value)


def test_a_store_that_is_away_may_come_back(s3: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(DatasetUnreachableError, match="cannot be reached"):
        load_dataset("s3://bucket/rows.csv")
