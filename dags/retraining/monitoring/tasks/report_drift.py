"""The drift report, for people, for Prometheus and for whoever retrains."""

from __future__ import annotations

import json
import logging
from typing import Any

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import run_workspace
from retraining.monitoring.tasks.task_context import WINDOW, Values, configuration_of
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)
_REPORT = "drift/report.html"


def report_drift(run: MonitoringRun, settings: Settings) -> Values:
    """Writes the report to MLflow, pushes the metrics, and returns what a request for retraining must say."""
    from datetime import datetime

    from mlflow import MlflowClient, get_tracking_uri

    from retraining.artifact_link import artifact_link
    from retraining.monitoring.drift import ColumnDrift
    from retraining.monitoring.drift_report import render_drift_report
    from retraining.monitoring.evaluation_history import REQUESTED_TAG, monitoring_tracker
    from retraining.monitoring.pushed_metrics import push
    from retraining.monitoring.quality_metrics import drift_samples, holdout_samples
    from retraining.registry import translated

    workspace = run_workspace(run, settings)
    found, decision = workspace.read_json("drift.json"), workspace.read_json("decision.json")
    columns = [_column(ColumnDrift, item) for item in found["columns"]]
    configuration = configuration_of(settings)
    thresholds = configuration.drift
    page = render_drift_report(
        columns,
        facts=_facts(run, settings, found, workspace.read_json(WINDOW)["counts"]),
        decision=decision,
        quality={"text": _quality_text(decision["quality"], found["holdout_auc"])},
        thresholds={"max_psi": thresholds.max_psi, "max_jensen_shannon": thresholds.max_jensen_shannon},
    )
    tracker = monitoring_tracker(run, settings.model_name)
    run_id = tracker.parent()
    tracker.log_text(run_id, _REPORT, page)
    tracker.log_text(run_id, "drift/report.json", json.dumps({**found, "decision": decision}, indent=1))
    tracker.log(run_id, metrics={f"psi/{column.name}": column.psi for column in columns if column.psi is not None})
    with translated():
        experiment_id = MlflowClient().get_run(run_id).info.experiment_id
    url = artifact_link(get_tracking_uri(), experiment_id, run_id, _REPORT)
    _LOG.info("drift report: %s", url)
    at = datetime.fromisoformat(found["end"])
    samples = [
        *drift_samples(columns, found["version"], at),
        *holdout_samples(found["holdout_auc"], found["version"], configuration.request.max_auc_loss),
    ]
    push(settings.pushgateway_url, job="model_drift", model=settings.model_name, samples=samples)
    if decision["request"]:
        # Last, so that a report that fails starts no cooldown for a request that was never made.
        tracker.log(run_id, tags={REQUESTED_TAG: at.isoformat()})
    tracker.finish(run_id)
    return {
        "request": decision["request"],
        "cause": decision["cause"],
        "reason": decision["reason"],
        "report_url": url,
        "version": found["version"],
    }


def _column(kind: type[Any], item: dict[str, Any]) -> Any:
    """From JSON, which has no tuples."""
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in item.items()})


def _facts(run: MonitoringRun, settings: Settings, found: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    return {
        "model": settings.model_name,
        "champion version": found["version"],
        "champion registered": _readable(found["champion_since"]),
        "window start": _readable(found["start"]),
        "window end": _readable(found["end"]),
        "rows in the window": f"{found['rows']:,}",
        "DAG run": f"{run.dag_id} {run.dag_run_id}",
        "git commit": run.git_commit or "none",
        **{name.replace("_", " "): f"{count:,}" for name, count in counts.items()},
    }


def _readable(moment: str) -> str:
    """An ISO time (UTC) to the minute."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def _quality_text(quality: dict[str, Any], holdout_auc: float | None) -> str:
    if quality["live_auc"] is None:
        return f"is not known: {quality['labelled']:,} outcomes are too few"
    value, low, high = quality["live_auc"]
    then = f"; on the holdout it was {holdout_auc:.4f}" if holdout_auc is not None else ""
    verdict = {True: "is lost", False: "is kept", None: "has nothing to be compared with"}[quality["lost"]]
    return f"{verdict}: live AUC {value:.4f} ({low:.4f} to {high:.4f}) from {quality['labelled']:,} outcomes{then}"
