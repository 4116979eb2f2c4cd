"""When DAGs run. With ``SCHEDULES=off`` nothing runs by the clock, only on request: for a machine that people use."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable

from orchestration.assets import RETRAINING_REQUESTED


def at(cron: str) -> CronTriggerTimetable | None:
    """By the clock, in UTC. Without a start date and with this patience, to unpause the DAG starts no run by itself."""
    if os.environ.get("SCHEDULES") == "off":
        return None
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0))


def on_request_or_at(cron: str) -> Any:
    """Whenever a retraining is asked for, and by the clock."""
    timetable = at(cron)
    if timetable is None:
        return [RETRAINING_REQUESTED]
    return AssetOrTimeSchedule(timetable=timetable, assets=[RETRAINING_REQUESTED])
