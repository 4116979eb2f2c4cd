"""What the two monitoring DAGs have in common."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from orchestration.permanent_failures import PermanentFailures

# The codes of retraining.step, which is not imported: a task's process is another environment's.
NOTHING_TO_DO = 99
CANNOT_GET_BETTER = 65

PARAMS = {
    "as_of": Param(
        "",
        type="string",
        title="As of",
        description="ISO date or time (UTC): look at what was known then. Empty: now.",
    ),
}

# What a task gets to know of its run: rendered by Airflow, read by retraining.monitoring.monitoring_run.
RUN = (
    "{{ {'dag_id': dag.dag_id, 'dag_run_id': run_id,"
    " 'bundle_version': ti.bundle_instance.version, 'params': params} | tojson }}"
)

IN_TRAINING: dict[str, Any] = {
    "python": os.environ.get("TRAINING_PYTHON", "python3"),
    "expect_airflow": False,
    "skip_on_exit_code": NOTHING_TO_DO,
}

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "credit-scoring",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": PermanentFailures(CANNOT_GET_BETTER),
    "execution_timeout": timedelta(minutes=20),
}
