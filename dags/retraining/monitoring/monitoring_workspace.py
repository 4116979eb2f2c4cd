"""Where the tasks of a monitoring run leave files for each other, and what a DAG keeps from run to run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from retraining.workspace import Workspace

if TYPE_CHECKING:
    from retraining.monitoring.monitoring_run import MonitoringRun
    from retraining.settings import Settings

_KEPT_DAYS = 7
"""The joined rows hold feature values: they stay as long as a run may reasonably be cleared and run again."""


def run_workspace(run: MonitoringRun, settings: Settings) -> Workspace:
    """The run's own files. Below its DAG's name: scheduled runs of two DAGs have the same ids."""
    return Workspace(_root(run, settings), run.dag_run_id)


def lasting_workspace(run: MonitoringRun, settings: Settings) -> Workspace:
    """What the DAG keeps from run to run, by model. Its runs are one at a time."""
    return Workspace(f"{_root(run, settings)}-state", settings.model_name)


def forget_old_runs(run: MonitoringRun, settings: Settings, now: datetime) -> int:
    """Deletes files of runs of a week ago and says how many runs they were of.

    Where the store keeps no times of folders (S3) nothing is deleted: that is a lifecycle rule of the bucket.
    """
    import fsspec

    files, root = fsspec.core.url_to_fs(_root(run, settings))
    if not files.exists(root):
        return 0
    oldest = (now - timedelta(days=_KEPT_DAYS)).timestamp()
    found = [
        item["name"]
        for item in files.ls(root, detail=True)
        if item["type"] == "directory" and isinstance(item.get("mtime"), int | float) and item["mtime"] < oldest
    ]
    for path in found:
        files.rm(path, recursive=True)
    return len(found)


def _root(run: MonitoringRun, settings: Settings) -> str:
    return f"{settings.workspace_uri.rstrip('/')}/{run.dag_id}"
