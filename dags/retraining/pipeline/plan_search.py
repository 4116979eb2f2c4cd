"""Planning the search for parameters."""

from __future__ import annotations

import logging
import time

from retraining.pipeline.step_context import Values, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def plan_search(run: Run, settings: Settings) -> Values:
    """Says which trials there are to make; their minutes begin here, so that clearing this task gives them anew."""
    from retraining.search import PLAN, planned_trials

    workspace = workspace_of(run, settings)
    trials = planned_trials(run)
    plan = {
        "started_at": time.time(),
        "minutes": run.search_minutes,
        "seed": run.seed,
        "data_sha256": workspace.read_json("data.json")["sha256"],
        "trials": trials,
    }
    workspace.write_json(PLAN, plan)
    _LOG.info("%s trials in at most %g minutes", len(trials), run.search_minutes) if trials else _LOG.info("no search")
    return {"trials": trials}
