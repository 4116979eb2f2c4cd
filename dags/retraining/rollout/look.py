"""One look at a rollout."""

from __future__ import annotations

import logging
from typing import Any

from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def look(
    run: RolloutRun, settings: Settings, *, version: str, begin: str, approved_by: str = "", is_first: str = "false"
) -> dict[str, Any]:
    """Has the serving command line look once, and do what it decides; returns what it said, however that went.

    ``approved_by`` is who said yes to the version, where somebody was asked. Another rollout is begun by the first look
    of a run alone (``is_first``): the later ones are to hear how it ended.
    """
    from retraining import serving_cli
    from retraining.rollout.plan_file import plan_file

    with plan_file(settings.rollout_plan, run.plan) as plan:
        standing = serving_cli.look_at_rollout(
            settings,
            version,
            begin=begin,
            plan=plan,
            by=run.by,
            approved_by=approved_by,
            again=run.again and is_first == "true",
        )
    _LOG.info("%s", standing.sentence)
    return dict(standing.document)
