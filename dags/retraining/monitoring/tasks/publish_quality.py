"""Telling Prometheus and MLflow."""

from __future__ import annotations

import json
import logging
from typing import Any

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import run_workspace
from retraining.monitoring.tasks.task_context import Values, joined_rows
from retraining.settings import MONITORING_EXPERIMENT, Settings

_LOG = logging.getLogger(__name__)


def publish_quality(run: MonitoringRun, settings: Settings) -> Values:
    """Logs metrics, tables and pictures to the run's MLflow run, then pushes the metrics."""
    from retraining.monitoring.estimate import Comparison, Estimate
    from retraining.monitoring.evaluation_history import monitoring_tracker
    from retraining.monitoring.pushed_metrics import push
    from retraining.monitoring.quality import Interval, Quality
    from retraining.monitoring.quality_metrics import estimate_samples, quality_samples
    from retraining.monitoring.quality_plots import quality_plots
    from retraining.monitoring.slices import ALL

    def intervals(item: dict[str, Any]) -> dict[str, Any]:
        return {
            **item,
            "metrics": {name: Interval(**value) if value else None for name, value in item["metrics"].items()},
        }

    workspace = run_workspace(run, settings)
    rows, until = joined_rows(workspace)
    quality = [Quality(**intervals(item)) for item in workspace.read_json("quality.json")]
    estimated = workspace.read_json("estimates.json")
    estimates = [Estimate(**intervals(item)) for item in estimated["estimates"]]
    comparisons = [Comparison(**item) for item in estimated["comparisons"]]

    tracker = monitoring_tracker(run, settings.model_name)
    run_id = tracker.parent()
    metrics: dict[str, float] = {}
    for item in quality:
        if item.slice == ALL:
            metrics |= {f"v{item.version}/rows": float(item.rows), f"v{item.version}/labelled": float(item.labelled)}
            metrics |= {f"v{item.version}/{name}": value.value for name, value in item.metrics.items() if value}
    for version, errors in estimated["mean_absolute_errors"].items():
        metrics |= {f"v{version}/estimate_error_{name}": error for name, error in errors.items()}
    tracker.log(run_id, metrics=metrics)
    tables = {
        "window.json": workspace.read_json("window.json"),
        "quality.json": [item.as_dict() for item in quality],
        "estimates.json": estimated,
    }
    for name, table in tables.items():
        tracker.log_text(run_id, name, json.dumps(table, indent=1))
    if pictures := quality_plots(rows, estimates, comparisons):
        tracker.log_files(run_id, "plots", pictures)
    tracker.finish(run_id)
    samples = [*quality_samples(quality, until), *estimate_samples(estimates, estimated["mean_absolute_errors"])]
    pushed = push(settings.pushgateway_url, job="model_quality", model=settings.model_name, samples=samples)
    _LOG.info("quality of %s versions is in MLflow, experiment %s", rows["version"].nunique(), MONITORING_EXPERIMENT)
    return {"mlflow_run_id": run_id, "pushed": pushed}
