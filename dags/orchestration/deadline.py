"""Runs that must be over in time, and what is done where one is not."""

from __future__ import annotations

import logging
import os
import time
import urllib.request
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from airflow.sdk import DeadlineAlert, DeadlineReference, SyncCallback

_LOG = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 10


def finish_within(interval: timedelta) -> DeadlineAlert:
    """An alert where a run is not over so long after it was queued.

    The callback runs in the executor, as a task does, with the DAG bundle on its path.
    """
    return DeadlineAlert(
        name="finish_within",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=interval,
        callback=SyncCallback("orchestration.deadline.report_missed_deadline"),
    )


def report_missed_deadline(context: dict[str, Any]) -> None:
    """Logs an error, and pushes when it was where there is a Pushgateway (PUSHGATEWAY_URL).

    Metric ``airflow_dag_run_deadline_missed_timestamp_seconds{dag_id}``: an alert asks whether it is recent.
    """
    run = context["dag_run"]
    dag_id = str(run["dag_id"])
    _LOG.error(
        "run %s of %s is not over by its deadline, %s", run["dag_run_id"], dag_id, context["deadline"]["deadline_time"]
    )
    gateway = os.environ.get("PUSHGATEWAY_URL", "")
    if urlsplit(gateway).scheme not in ("http", "https"):
        _LOG.info("no metric is pushed: PUSHGATEWAY_URL is not set")
        return
    name = "airflow_dag_run_deadline_missed_timestamp_seconds"
    said = "When a run of the DAG last missed its deadline."
    body = f"# HELP {name} {said}\n# TYPE {name} gauge\n{name} {time.time():.3f}\n"
    request = urllib.request.Request(  # noqa: S310  # the address is the operator's own setting
        f"{gateway.rstrip('/')}/metrics/job/airflow_deadlines/dag_id/{quote(dag_id, safe='')}",
        data=body.encode(),
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
            _LOG.info("the missed deadline is pushed")
    except OSError as error:  # also what urllib raises; the error above is in the log in any case
        _LOG.warning("the missed deadline is not pushed: %s", type(error).__name__)
