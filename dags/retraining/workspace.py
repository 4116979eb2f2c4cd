"""Where the tasks of one run leave files for each other: a folder of any fsspec store.

Small values travel through XCom; tables, models and packages travel through here, so that tasks may run
on different machines. A file appears whole or not at all, and writing it again replaces it, which is what
makes every task safe to run twice.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import re
import tarfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from retraining.errors import DiskFullError

if TYPE_CHECKING:
    import pandas as pd


NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
"""The disk is full, or the share of it that this user may take."""


class Workspace:
    """The files of one DAG run, by relative name."""

    def __init__(self, root_uri: str, dag_run_id: str) -> None:
        """``root_uri`` is any fsspec URI, shared by all runs."""
        self._files, root = fsspec.core.url_to_fs(root_uri)
        self._root = root.rstrip("/")
        self.path = f"{self._root}/{safe_name(dag_run_id)}"

    def write_bytes(self, name: str, content: bytes) -> None:
        """Writes a file at once: object stores do so by themselves, a local one by renaming.

        Raises DiskFullError, and then leaves what was there before.
        """
        path = f"{self.path}/{name}"
        if not isinstance(self._files, LocalFileSystem):
            self._files.pipe_file(path, content)
            return
        partial = f"{path}.{uuid.uuid4().hex}.partial"
        try:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(partial, content)
            Path(partial).replace(path)
        except OSError as error:
            Path(partial).unlink(missing_ok=True)  # it takes room itself
            if error.errno not in NO_SPACE:
                raise
            raise DiskFullError(
                f"{name} ({len(content) / 1e6:,.1f} MB) does not fit: the disk of {self._root} is full."
                " Folders there are named after runs; delete those of runs that are over, then clear this task"
            ) from None

    def read_bytes(self, name: str) -> bytes:
        """A whole file; FileNotFoundError where no task has written it."""
        content: bytes = self._files.cat_file(f"{self.path}/{name}")
        return content

    def write_json(self, name: str, value: Any) -> None:
        """Writes JSON values."""
        self.write_bytes(name, json.dumps(value, indent=1).encode())

    def read_json(self, name: str) -> Any:
        """Reads JSON values."""
        return json.loads(self.read_bytes(name))

    def write_table(self, name: str, frame: pd.DataFrame) -> None:
        """Writes a table as Parquet."""
        self.write_bytes(name, frame.to_parquet(index=False))

    def read_table(self, name: str) -> pd.DataFrame:
        """Reads a Parquet table."""
        import pandas as pd

        return pd.read_parquet(io.BytesIO(self.read_bytes(name)))

    def write_folder(self, name: str, folder: Path) -> None:
        """Writes a folder as one tar file, since several files cannot appear at once."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(folder, arcname=".")
        self.write_bytes(name, buffer.getvalue())

    def read_folder(self, name: str, folder: Path) -> Path:
        """Unpacks a folder written by ``write_folder`` into ``folder`` and returns it."""
        with tarfile.open(fileobj=io.BytesIO(self.read_bytes(name))) as archive:
            for member in archive:
                _unpack(archive, member, folder)
        return folder


def safe_name(dag_run_id: str) -> str:
    """A run id as a file name: readable, and distinct also where only its odd characters differ."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", dag_run_id).strip("._") or "run"
    return f"{readable[:80]}-{hashlib.sha256(dag_run_id.encode()).hexdigest()[:8]}"


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Plain files below the folder and nothing else."""
    # extractall(filter="data") is that from Python 3.11.4 on; Debian 12 has 3.11.2.
    path = (folder / member.name).resolve()
    if member.isdir():
        return
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or not path.is_relative_to(folder.resolve()):
        raise tarfile.TarError(f"{member.name!r} is no plain file of the folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read())
