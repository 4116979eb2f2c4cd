"""What the two DAGs that watch a version on live traffic have in common."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from orchestration.asset_event import newest_extra
from orchestration.permanent_failures import PermanentFailures
from orchestration.rollout_sensor import RolloutSensor

# The codes of retraining.step, which is not imported: a task's process is another environment's.
NOTHING_TO_DO = 99
CANNOT_GET_BETTER = 65

LOOK_EVERY = timedelta(seconds=float(os.environ.get("ROLLOUT_LOOK_SECONDS") or 30))
LONGEST = timedelta(days=7)
"""A rollout that waits for data this long is a question for a person."""

PLAN = Param(
    {},
    type="object",
    title="Plan",
    description='What is to be different from the plan of this platform, such as {"baking": {"min_minutes": 15}}; its'
    " members are in serving/docs/live-traffic.md. A rollout that goes on keeps the plan that it began with.",
)

TRAINING_PYTHON = os.environ.get("TRAINING_PYTHON", "python3")

IN_TRAINING: dict[str, Any] = {
    "python": TRAINING_PYTHON,
    "expect_airflow": False,
    "skip_on_exit_code": NOTHING_TO_DO,
}

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "credit-scoring",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": PermanentFailures(CANNOT_GET_BETTER),
    "execution_timeout": timedelta(minutes=10),
}

# What a task gets to know of its run: rendered by Airflow, read by retraining.rollout.rollout_run.
RUN = (
    "{{ {'dag_id': dag.dag_id, 'dag_run_id': run_id, 'params': params,"
    " 'event': event_of(triggering_asset_events)} | tojson }}"
)


def event_of(triggering_asset_events: Mapping[Any, Sequence[Any]]) -> dict[str, str]:
    """What the newest promotion, or request for a rollout, says of itself; nothing where a person started the run."""
    said = newest_extra(triggering_asset_events)
    return {name: str(said[name]) for name in ("version", "previous", "run") if said.get(name)}


def until_over(task_id: str, *, version: str, begin: str, approved_by: str = "") -> RolloutSensor:
    """Looks until the rollout of a version is over; version and who has approved of it are templates."""
    return RolloutSensor(
        task_id=task_id,
        run=RUN,
        version=version,
        approved_by=approved_by,
        begin=begin,
        python=TRAINING_PYTHON,
        poke_interval=LOOK_EVERY,
        timeout=LONGEST,
    )
