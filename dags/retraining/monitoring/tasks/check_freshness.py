"""How old the champion's knowledge is."""

from __future__ import annotations

import logging

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.tasks.task_context import Values, configuration_of
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def check_freshness(run: MonitoringRun, settings: Settings) -> Values | None:
    """Pushes the age of the champion's data and warns where it is too old; None without a champion."""
    from retraining.monitoring.champion import load_champion
    from retraining.monitoring.freshness import freshness_of
    from retraining.monitoring.pushed_metrics import push
    from retraining.monitoring.quality_metrics import freshness_samples

    champion = load_champion(settings.model_name)
    if champion is None:
        _LOG.info("%s has no champion yet: nothing can be stale", settings.model_name)
        return None
    limit_days = configuration_of(settings).freshness.max_age_days
    freshness = freshness_of(champion.manifest["lineage"], run.now, limit_days)
    days = freshness.age.total_seconds() / 86_400
    said = "data ends" if freshness.source == "data_window" else "data has no time; it was created"
    (_LOG.warning if freshness.stale else _LOG.info)(
        "champion version %s %s: its %s %.1f days ago, %g are allowed",
        champion.version,
        "is STALE" if freshness.stale else "is fresh",
        said,
        days,
        limit_days,
    )
    push(
        settings.pushgateway_url,
        job="model_freshness",
        model=settings.model_name,
        samples=freshness_samples(freshness, champion.version),
    )
    return {
        "version": champion.version,
        "stale": freshness.stale,
        "age_seconds": freshness.age.total_seconds(),
        "since": freshness.end.isoformat(),
        "source": freshness.source,
    }
