"""Data sets by URI."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from retraining.dataset import load_dataset, public_uri
from retraining.errors import DatasetError, DatasetUnreachableError
from retraining.schema import COLUMNS, TIME_COLUMNS
from tests.support.mlflow_server import free_port


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
        pass


@pytest.fixture
def tables(credit_rows: pd.DataFrame, tmp_path: Path) -> Path:
    """A folder with the same rows as CSV and as Parquet."""
    credit_rows.to_csv(tmp_path / "rows.csv", index=False)
    credit_rows.to_parquet(tmp_path / "rows.parquet", index=False)
    credit_rows.to_parquet(tmp_path / "no-suffix", index=False)
    return tmp_path


@pytest.fixture
def web(tables: Path) -> Iterator[str]:
    """The folder, served over http."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tables)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "no-suffix"])
def test_reads_a_table_by_path_file_uri_and_http_alike(
    tables: Path, web: str, credit_rows: pd.DataFrame, name: str
) -> None:
    for uri in (str(tables / name), (tables / name).as_uri(), f"http://{web}/{name}"):
        dataset = load_dataset(uri)
        pd.testing.assert_frame_equal(dataset.frame, credit_rows)
        assert not dataset.synthetic


def test_the_default_is_synthetic_and_says_so() -> None:
    dataset = load_dataset("synthetic:")
    assert (len(dataset.frame), list(dataset.frame), dataset.synthetic) == (30_000, COLUMNS, True)
    assert load_dataset("synthetic:?rows=5&seed=1").uri == "synthetic:?rows=5&seed=1"


def test_the_generator_gives_time_where_it_is_told_when() -> None:
    uri = "synthetic:?rows=50&seed=1&start=2024-01-01&months=6&label_delay_days=10&shift=0.5&shift_from=2024-03-01"
    dataset = load_dataset(uri)
    assert list(dataset.frame) == [*COLUMNS, *TIME_COLUMNS]
    assert (dataset.uri, dataset.synthetic) == (uri, True)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://user:secret@host:8443/a.csv?X-Signature=secret#part", "https://host:8443/a.csv"),
        ("s3://key:secret@bucket/a.parquet?versionId=1", "s3://bucket/a.parquet"),
        ("synthetic:?rows=10&seed=3", "synthetic:?rows=10&seed=3"),
        ("/data/a.csv", "/data/a.csv"),
    ],
)
def test_shows_uris_without_credentials(uri: str, shown: str) -> None:
    assert public_uri(uri) == shown


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("", "is empty"),
        ("gs://bucket/a.csv", "no scheme 'gs'"),
        ("simplecache::https://host/a.csv", "no scheme"),
        ("http://example.com/a.csv", "use https"),
        ("synthetic:?rows=many", "whole numbers"),
        ("synthetic:?rows=0", "rows is 1 to"),
        ("synthetic:?size=10", "no option 'size'"),
        ("synthetic:?months=12", "without start there is no time"),
        ("synthetic:?start=soon", "are dates"),
        ("synthetic:?start=2024-01-01&months=0", "months is 1 to"),
        ("synthetic:?start=2024-01-01&shift=2", "shift 0 to 1"),
    ],
)
def test_refuses_what_it_does_not_read(uri: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as refusal:
        load_dataset(uri)
    assert not refusal.value.transient


def test_tells_a_missing_file_from_a_store_that_is_away(web: str, tmp_path: Path) -> None:
    for uri in (str(tmp_path / "none.csv"), f"http://user:secret@{web}/none.csv?token=secret"):
        with pytest.raises(DatasetError, match="no such file") as missing:
            load_dataset(uri)
        assert not missing.value.transient
        assert "secret" not in str(missing.value)
    with pytest.raises(DatasetUnreachableError, match="cannot be reached") as away:
        load_dataset(f"https://user:secret@127.0.0.1:{free_port()}/a.csv?token=secret")
    assert away.value.transient
    assert "secret" not in str(away.value)


def test_refuses_files_that_are_no_tables(tables: Path) -> None:
    whole = (tables / "rows.parquet").read_bytes()
    (tables / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tables / "text.parquet").write_text("a,b\n1,2\n")
    (tables / "ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    (tables / "empty.csv").write_text("")
    (tables / "binary.csv").write_bytes(b"\xff\xfe\x00" * 50)
    for name in ("cut.parquet", "text.parquet", "ragged.csv", "empty.csv", "binary.csv"):
        with pytest.raises(DatasetError, match="is it whole|is empty"):
            load_dataset(str(tables / name))
    with pytest.raises(DatasetError, match="is a folder"):
        load_dataset(str(tables))


def test_reads_a_table_that_begins_with_a_byte_order_mark(tables: Path) -> None:
    (tables / "bom.csv").write_bytes(b"\xef\xbb\xbf" + (tables / "rows.csv").read_bytes())
    assert list(load_dataset(str(tables / "bom.csv")).frame) == COLUMNS
