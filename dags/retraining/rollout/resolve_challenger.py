"""Which version a rollout is of."""

from __future__ import annotations

import logging
from typing import Any

from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def resolve_challenger(run: RolloutRun, settings: Settings) -> dict[str, Any] | None:
    """The version that was named, or else the one of alias ``challenger``; None where there is none.

    Which one it is stays the run's, though the alias may move while the run waits.
    """
    from retraining.errors import ConfigurationError
    from retraining.registry import CHALLENGER, CHAMPION, Registry

    if not settings.prometheus_url:
        raise ConfigurationError("PROMETHEUS_URL is not set: nobody can tell how a version does on live traffic")
    registry = Registry(settings.model_name)
    version = registry.version(run.version) if run.version else registry.by_alias(CHALLENGER)
    if version is None:
        _LOG.info("nothing to roll out: no version of %s has the alias %s", settings.model_name, CHALLENGER)
        return None
    champion = registry.by_alias(CHAMPION)
    _LOG.info(
        "version %s of %s, beside champion %s", version.version, settings.model_name, champion and champion.version
    )
    # What the task `promote` of the retraining has written there; who promotes by hand says it in the command.
    approved = version.tags.get("approval") == "approved"
    return {
        "version": version.version,
        "approved_by": version.tags.get("approval_by", "") if approved else "",
        # As the task `gates` of the retraining returns them, for the same button.
        "selected": version.version,
        "dossiers": {version.version: version.tags.get("dossier_url", "")},
    }
