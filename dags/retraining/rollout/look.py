"""One look at a rollout."""

from __future__ import annotations

import logging
from typing import Any

from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def look(run: RolloutRun, settings: Settings, *, version: str, begin: str) -> dict[str, Any]:
    """Has the serving command line look once, and do what it decides; returns what it said, however that went."""
    from retraining import serving_cli
    from retraining.rollout.plan_file import plan_file

    with plan_file(settings.rollout_plan, run.plan) as plan:
        standing = serving_cli.look_at_rollout(settings, version, begin=begin, plan=plan)
    _LOG.info("%s", standing.sentence)
    return dict(standing.document)
