"""What was decided, and on which numbers."""

from __future__ import annotations

import logging
from typing import Any

from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def report(_: RolloutRun, settings: Settings, *, version: str) -> dict[str, Any] | None:
    """The rollouts of the version as the serving command line tables them; None where this run had none to watch."""
    from retraining import serving_cli

    if not version:
        _LOG.info("nothing was watched")
        return None
    table = serving_cli.rollouts(settings, version)
    for line in table.splitlines():
        _LOG.info("%s", line)
    return {"version": version, "rollouts": table}
