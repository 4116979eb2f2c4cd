"""One task, from the outside: a process that logs readably and exits with a code that Airflow can act on."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from retraining.errors import RetrainingError
from retraining.workspace import NO_SPACE

SKIPPED = 99
"""Exit code: there is nothing to do. Airflow skips the task and those after it."""

PERMANENT = 65
"""Exit code: trying again cannot help (sysexits.h calls it EX_DATAERR). Airflow does not retry."""

TRANSIENT = 75
"""Exit code: it may work later (EX_TEMPFAIL). Airflow retries."""

_LOG = logging.getLogger("retraining")


def run_step(task: str, run: str, **arguments: str | int) -> dict[str, Any]:
    """Runs a function of ``pipeline/``, ``rollout/`` or ``monitoring/tasks/``; returns its values or ends the process.

    ``run`` is the run as the DAG renders it (JSON). An expected failure is logged as its message alone;
    anything else keeps its stack trace, because then the trace is the message.
    """
    _prepare_process()
    started = time.monotonic()
    parsed: Any = None
    try:
        # Imported here, so that a failure to read the settings is reported like any other.
        from retraining.settings import Settings

        function, parsed = _function_and_run(task, run)
        values = function(parsed, Settings.from_environment(), **arguments)
    except RetrainingError as error:
        _mark_failed(task, parsed, error, str(error))
        _LOG.error("%s failed: %s", task, error)
        sys.exit(TRANSIENT if error.transient else PERMANENT)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            where = error.filename or tempfile.gettempdir()
            _LOG.error("%s failed: the disk of %s is full. Free some space, then clear this task", task, where)
            sys.exit(TRANSIENT)
        # What it says may hold anything, and is in the log of the task, for those who may read that.
        _mark_failed(task, parsed, error, f"{type(error).__name__}, see the log of the task")
        raise
    if values is None:
        sys.exit(SKIPPED)
    _LOG.info("%s done in %.1f s", task, time.monotonic() - started)
    result: dict[str, Any] = values
    return result


def _function_and_run(task: str, run: str) -> tuple[Callable[..., Any], Any]:
    """The function of a task's name and the run as its DAG has it; AttributeError where no DAG has such a task."""
    from retraining import pipeline

    if task in pipeline.__all__:
        from retraining.run import Run

        return getattr(pipeline, task), Run.from_json(run)
    from retraining import rollout

    if task in rollout.__all__:
        from retraining.rollout.rollout_run import RolloutRun

        return getattr(rollout, task), RolloutRun.from_json(run)
    from retraining.monitoring import tasks
    from retraining.monitoring.monitoring_run import MonitoringRun

    return getattr(tasks, task), MonitoringRun.from_json(run)


def _mark_failed(task: str, run: Any, error: Exception, reason: str) -> None:
    """Says so in MLflow, where a run that nobody closes looks as if it were running."""
    from retraining.errors import RegistryUnreachableError
    from retraining.run import Run

    # Without an address MLflow would make a database where the task happens to run.
    known = isinstance(run, Run) and os.environ.get("MLFLOW_TRACKING_URI")
    if not known or isinstance(error, RegistryUnreachableError):
        return
    # The process ends with the failure that it has: whether MLflow hears of it is worth little waiting.
    os.environ.update({"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"})
    from retraining.tracking import Tracker

    try:
        Tracker(run).fail(task, reason)
    except RetrainingError as problem:
        _LOG.warning("MLflow does not know that %s failed: %s", task, problem)


def _prepare_process() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout, force=True)
    _LOG.setLevel(logging.INFO)
    # Candidates train at the same time: a thread that waits should give its core away, not spin on it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # MLflow's own progress lines and links would drown ours.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # Its default retries for minutes; a server that is away that long is Airflow's retry to make.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
