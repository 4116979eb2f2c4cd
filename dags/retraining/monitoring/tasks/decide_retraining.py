"""Deciding whether to ask for a retraining."""

from __future__ import annotations

import logging
from datetime import datetime

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import run_workspace
from retraining.monitoring.tasks.task_context import Values, configuration_of, joined_rows
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def decide_retraining(run: MonitoringRun, settings: Settings, running: str) -> Values:
    """Records this evaluation and decides with the earlier ones. ``running``: how many retrainings run or wait."""
    from retraining.monitoring.evaluation_history import earlier_evaluations, monitoring_tracker, tags_of
    from retraining.monitoring.quality import quality_of
    from retraining.monitoring.retraining_decision import Evaluation, Situation, decide, quality_lost
    from retraining.monitoring.slices import ALL

    configuration = configuration_of(settings)
    workspace = run_workspace(run, settings)
    rows, until = joined_rows(workspace)
    found = workspace.read_json("drift.json")
    version = found["version"]
    own = quality_of(rows[rows["version"] == version], version, ALL, configuration.quality)
    auc = own.metrics["auc"]
    lost = quality_lost(auc, found["holdout_auc"], configuration.request.max_auc_loss)
    now = Evaluation(drifted=found["drifted"], quality_lost=lost)
    earlier = earlier_evaluations(run, settings.model_name, version)
    decision = decide(
        Situation(
            now=until,
            champion_since=datetime.fromisoformat(found["champion_since"]),
            evaluations=(now, *earlier.evaluations),
            labelled=int(rows["label"].notna().sum()),
            last_request=earlier.last_request,
            retraining_running=int(running) > 0,
            stale=found["stale"],
        ),
        configuration.request,
    )
    tracker = monitoring_tracker(run, settings.model_name)
    tags = tags_of(settings.model_name, version, now, until)
    tracker.log(tracker.parent(tags), tags={**tags, "retraining_decision": decision.code})
    decided = {
        **decision.as_dict(),
        "version": version,
        "quality": {"lost": lost, "live_auc": auc and [auc.value, auc.low, auc.high], "labelled": own.labelled},
    }
    workspace.write_json("decision.json", decided)
    _LOG.info(
        "%s: %s", "a retraining is asked for" if decision.request else "no retraining is asked for", decision.reason
    )
    return decided
