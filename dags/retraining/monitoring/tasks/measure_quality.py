"""Measuring what the versions were worth."""

from __future__ import annotations

import logging

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import run_workspace
from retraining.monitoring.tasks.task_context import Values, configuration_of, joined_rows
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def measure_quality(run: MonitoringRun, settings: Settings) -> Values:
    """Leaves quality by version and slice in the workspace."""
    from retraining.gates import load_configuration
    from retraining.monitoring.quality import quality_by_version
    from retraining.monitoring.slices import ALL

    configuration = configuration_of(settings)
    workspace = run_workspace(run, settings)
    rows, _ = joined_rows(workspace)
    quality = quality_by_version(rows, load_configuration().slices, configuration.quality)
    workspace.write_json("quality.json", [item.as_dict() for item in quality])
    versions = {}
    for item in quality:
        if item.slice != ALL:
            continue
        auc = item.metrics["auc"]
        shown = f"AUC {auc.value:.4f} ({auc.low:.4f} to {auc.high:.4f})" if auc else "too few outcomes for an AUC"
        _LOG.info("version %s: %s, %s of %s rows labelled", item.version, shown, item.labelled, item.rows)
        versions[item.version] = {"rows": item.rows, "labelled": item.labelled, "auc": auc.value if auc else None}
    return {"versions": versions}
