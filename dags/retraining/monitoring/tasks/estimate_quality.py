"""Estimating quality before labels arrive, and saying how far earlier estimates were off."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import lasting_workspace, run_workspace
from retraining.monitoring.tasks.task_context import Values, configuration_of, joined_rows
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)
_STORE = "estimates.json"
_KEPT_DAYS = 400


def estimate_quality(run: MonitoringRun, settings: Settings) -> Values:
    """Estimates days that have no estimate yet, keeps them, and compares kept ones with what has become known."""
    from retraining.monitoring.estimate import Estimate, compare, estimate_days, mean_absolute_errors
    from retraining.monitoring.quality import Interval

    configuration = configuration_of(settings).estimate
    workspace = run_workspace(run, settings)
    rows, until = joined_rows(workspace)
    lasting = lasting_workspace(run, settings)

    def restored(item: dict[str, Any]) -> Estimate:
        metrics = {name: Interval(**value) if value else None for name, value in item["metrics"].items()}
        return Estimate(**{**item, "metrics": metrics})

    try:
        kept = [restored(item) for item in lasting.read_json(_STORE)]
    except FileNotFoundError:
        kept = []
    new = estimate_days(rows, until, {(item.version, item.day) for item in kept}, configuration)
    oldest = (until - timedelta(days=_KEPT_DAYS)).date().isoformat()
    kept = [item for item in [*kept, *new] if item.day >= oldest]
    # An estimate once made is never replaced: what is compared was said before the labels came.
    lasting.write_json(_STORE, [item.as_dict() for item in kept])
    comparisons = compare(kept, rows, configuration)
    errors = mean_absolute_errors(comparisons)
    for item in new:
        auc = item.metrics["auc"]
        shown = f"AUC {auc.value:.4f} expected" if auc else "no AUC"
        _LOG.info("version %s, %s: %s (%s rows, %s)", item.version, item.day, shown, item.rows, item.calibration)
    for version, by_metric in sorted(errors.items()):
        shown = ", ".join(f"{name} {error:.4f}" for name, error in by_metric.items())
        _LOG.info("version %s: estimates were off by %s on average", version, shown)
    first = rows["at"].min().date().isoformat()
    found = {
        "estimates": [item.as_dict() for item in kept if item.day >= first],
        "comparisons": [item.as_dict() for item in comparisons],
        "mean_absolute_errors": errors,
    }
    workspace.write_json(_STORE, found)
    return {"estimated_days": len(new), "compared_days": len(comparisons), "mean_absolute_errors": errors}
