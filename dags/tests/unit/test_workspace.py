"""The files that tasks leave for each other."""

from __future__ import annotations

import io
import tarfile
import uuid
from pathlib import Path

import pandas as pd
import pytest

from retraining.workspace import Workspace, safe_name


@pytest.fixture(params=["file", "memory"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """On disk, and in a store without folders or renames, as an object store is."""
    root = tmp_path.as_uri() if request.param == "file" else f"memory://{uuid.uuid4().hex}"
    return Workspace(root, "manual__2026-01-01T00:00:00+00:00")


def test_reads_what_was_written_last(workspace: Workspace) -> None:
    for content in ({"a": 1}, {"a": [2, None]}):
        workspace.write_json("deep/er/value.json", content)
    assert workspace.read_json("deep/er/value.json") == {"a": [2, None]}


def test_tables_keep_their_types(workspace: Workspace) -> None:
    frame = pd.DataFrame({"ID": [1, 2], "text": ["a", None]})
    workspace.write_table("rows.parquet", frame)
    pd.testing.assert_frame_equal(workspace.read_table("rows.parquet"), frame)


def test_folders_travel_as_one_file(workspace: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "file.bin").write_bytes(b"\x00\x01")
    workspace.write_folder("folder.tar", source)
    target = workspace.read_folder("folder.tar", tmp_path / "target")
    assert (target / "inner" / "file.bin").read_bytes() == b"\x00\x01"


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])
def test_no_file_of_a_folder_lands_outside_of_it(workspace: Workspace, tmp_path: Path, name: str) -> None:
    with pytest.raises(tarfile.TarError, match="outside"):
        _read_archive_of(workspace, tmp_path, tarfile.TarInfo(name))
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_folder_holds_plain_files_only(workspace: Workspace, tmp_path: Path, kind: bytes) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = kind, "elsewhere"
    with pytest.raises(tarfile.TarError, match="link"):
        _read_archive_of(workspace, tmp_path, link)


def _read_archive_of(workspace: Workspace, tmp_path: Path, member: tarfile.TarInfo) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member, io.BytesIO())
    workspace.write_bytes("folder.tar", buffer.getvalue())
    workspace.read_folder("folder.tar", tmp_path / "target")


def test_a_local_file_is_never_half_there(tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path), "run")
    workspace.write_bytes("file", b"content")
    assert [path.name for path in Path(workspace.path).iterdir()] == ["file"]


def test_run_ids_become_distinct_file_names() -> None:
    ids = ["manual__2026-01-01T00:00:00+00:00", "manual__2026-01-01T00:00:00 00:00", "../../etc", "", "ж" * 300]
    names = [safe_name(item) for item in ids]
    assert len(set(names)) == len(ids)
    assert all(name.isascii() and "/" not in name and not name.startswith(".") and len(name) < 100 for name in names)
