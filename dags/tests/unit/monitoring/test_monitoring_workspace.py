"""What monitoring runs leave behind, and for how long."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import forget_old_runs, lasting_workspace, run_workspace
from retraining.settings import Settings

NOW = datetime.now(UTC)


def test_joined_rows_are_forgotten_after_a_week_and_what_lasts_is_not(tmp_path: Path) -> None:
    settings = Settings("credit-scoring", tmp_path.as_uri(), (), "", 10)
    runs = [MonitoringRun("drift_detection", name, None) for name in ("old", "new")]
    for run in runs:
        run_workspace(run, settings).write_json("rows.json", [1])
    lasting_workspace(runs[0], settings).write_json("estimates.json", [])
    old = Path(run_workspace(runs[0], settings).path)
    os.utime(old, times=(0, (NOW - timedelta(days=8)).timestamp()))
    assert forget_old_runs(runs[1], settings, NOW) == 1
    assert not old.exists()
    assert run_workspace(runs[1], settings).read_json("rows.json") == [1]
    assert lasting_workspace(runs[1], settings).read_json("estimates.json") == []


def test_there_is_nothing_to_forget_before_the_first_run(tmp_path: Path) -> None:
    settings = Settings("credit-scoring", (tmp_path / "none").as_uri(), (), "", 10)
    assert forget_old_runs(MonitoringRun("drift_detection", "r", None), settings, NOW) == 0
