"""Reading the feedback of the window and joining it."""

from __future__ import annotations

import logging
from datetime import timedelta

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import forget_old_runs, run_workspace
from retraining.monitoring.tasks.task_context import ROWS, WINDOW, Values, configuration_of
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def join_outcomes(run: MonitoringRun, settings: Settings) -> Values | None:
    """Leaves predictions with their outcomes in the workspace; None where nothing was predicted."""
    if not settings.feedback_uri:
        _LOG.info("nothing is monitored: FEEDBACK_URI is not set")
        return None
    from retraining.monitoring.feedback import read_feedback
    from retraining.monitoring.feedback_source import open_source
    from retraining.monitoring.join import join

    configuration = configuration_of(settings).feedback
    until = run.now
    since = until - timedelta(days=configuration.window_days)
    skew = timedelta(seconds=configuration.clock_skew_seconds)
    feedback = read_feedback(
        open_source(settings.feedback_uri),
        model=settings.model_name,
        since=since,
        until=until,
        max_rows=configuration.max_rows,
        skew=skew,
    )
    forget_old_runs(run, settings, until)
    if feedback.predictions.empty:
        _LOG.info(
            "no prediction of %s was logged from %s to %s%s",
            settings.model_name,
            since.isoformat(timespec="minutes"),
            until.isoformat(timespec="minutes"),
            _shown(feedback.counts),
        )
        return None
    joined = join(feedback, skew)
    counts = {**feedback.counts, **joined.counts}
    workspace = run_workspace(run, settings)
    workspace.write_table(ROWS, joined.rows)
    window = {"start": since.isoformat(), "end": until.isoformat(), "counts": counts}
    workspace.write_json(WINDOW, window)
    _LOG.info("%s rows, %s with an outcome%s", len(joined.rows), counts["labelled"], _shown(counts))
    return window


def _shown(counts: dict[str, int]) -> str:
    """Everything that was left out or is odd, for the reader of the log."""
    odd = {
        name: count for name, count in counts.items() if count and name not in ("predictions", "outcomes", "labelled")
    }
    return "".join(f"; {name.replace('_', ' ')}: {count}" for name, count in odd.items())
