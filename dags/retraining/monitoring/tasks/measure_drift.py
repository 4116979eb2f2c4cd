"""Comparing the latest traffic with the champion's reference."""

from __future__ import annotations

import logging
from datetime import timedelta

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import run_workspace
from retraining.monitoring.tasks.task_context import Values, configuration_of, joined_rows
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def measure_drift(run: MonitoringRun, settings: Settings) -> Values | None:
    """Leaves the drift of every column in the workspace; None without a champion to compare with."""
    from retraining.monitoring import drift
    from retraining.monitoring.champion import load_champion
    from retraining.monitoring.freshness import freshness_of

    champion = load_champion(settings.model_name)
    if champion is None:
        _LOG.info("%s has no champion: there is no reference to have drifted from", settings.model_name)
        return None
    monitoring = configuration_of(settings)
    configuration = monitoring.drift
    freshness = freshness_of(champion.manifest["lineage"], run.now, monitoring.freshness.max_age_days)
    workspace = run_workspace(run, settings)
    rows, until = joined_rows(workspace)
    since = until - timedelta(hours=configuration.window_hours)
    window = rows[rows["at"] >= since]
    columns = drift.measure_drift(window, champion.manifest, champion.version, configuration)
    found = {
        "version": champion.version,
        "champion_since": champion.created_at.isoformat(),
        "holdout_auc": champion.holdout_auc,
        "stale": freshness.stale,
        "start": since.isoformat(),
        "end": until.isoformat(),
        "rows": len(window),
        "drifted": drift.any_drift(columns),
        "columns": [column.as_dict() for column in columns],
    }
    workspace.write_json("drift.json", found)
    names = [column.name for column in columns if column.drifted]
    if found["drifted"] is None:
        _LOG.info("%s rows are too few to say whether anything has drifted", len(window))
    else:
        _LOG.info(
            "%s rows against champion version %s: drifted: %s",
            len(window),
            champion.version,
            ", ".join(names) or "none",
        )
    return {"version": champion.version, "rows": len(window), "drifted": names}
