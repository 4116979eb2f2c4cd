"""When a retraining is asked for: the truth table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retraining.monitoring.configuration import RequestConfiguration
from retraining.monitoring.quality import Interval
from retraining.monitoring.retraining_decision import Evaluation, Situation, decide, quality_lost

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIGURATION = RequestConfiguration(
    sustained_evaluations=3, max_auc_loss=0.03, cooldown_hours=168, min_champion_age_hours=72, min_labelled=1000
)
FINE, DRIFT, LOSS, BOTH = (
    Evaluation(False, False),
    Evaluation(True, False),
    Evaluation(False, True),
    Evaluation(True, True),
)
UNKNOWN, DRIFT_ONLY_KNOWN = Evaluation(None, None), Evaluation(True, None)
CALM = Situation(
    now=NOW,
    champion_since=NOW - 100 * HOUR,
    evaluations=(DRIFT, DRIFT, DRIFT),
    labelled=1000,
    last_request=None,
    retraining_running=False,
)


@pytest.mark.parametrize(
    ("changes", "code", "cause"),
    [
        ({}, "requested", "drift"),
        ({"evaluations": (LOSS,) * 3}, "requested", "quality_loss"),
        ({"evaluations": (BOTH,) * 3}, "requested", "quality_loss"),
        ({"evaluations": (DRIFT_ONLY_KNOWN,) * 3}, "requested", "drift"),
        ({"evaluations": (DRIFT, DRIFT, DRIFT, FINE)}, "requested", "drift"),
        ({"evaluations": ()}, "nothing_sustained", None),
        ({"evaluations": (DRIFT, DRIFT)}, "nothing_sustained", None),
        ({"evaluations": (FINE, DRIFT, DRIFT, DRIFT)}, "nothing_sustained", None),
        ({"evaluations": (DRIFT, FINE, DRIFT, DRIFT)}, "nothing_sustained", None),
        ({"evaluations": (DRIFT, UNKNOWN, DRIFT)}, "nothing_sustained", None),
        ({"evaluations": (DRIFT, LOSS, DRIFT)}, "nothing_sustained", None),
        ({"retraining_running": True}, "already_running", "drift"),
        ({"last_request": NOW - 167 * HOUR}, "cooldown", "drift"),
        ({"last_request": NOW - 168 * HOUR}, "requested", "drift"),
        ({"champion_since": NOW - 71 * HOUR}, "champion_too_young", "drift"),
        ({"champion_since": NOW - 72 * HOUR}, "requested", "drift"),
        ({"labelled": 999}, "too_few_labels", "drift"),
        ({"retraining_running": True, "last_request": NOW, "labelled": 0}, "already_running", "drift"),
        ({"last_request": NOW, "champion_since": NOW, "labelled": 0}, "cooldown", "drift"),
        ({"champion_since": NOW, "labelled": 0}, "champion_too_young", "drift"),
        ({"evaluations": (FINE,) * 3, "retraining_running": True}, "nothing_sustained", None),
        ({"evaluations": (FINE,) * 3, "stale": True}, "requested", "staleness"),
        ({"evaluations": (), "stale": True}, "requested", "staleness"),
        ({"evaluations": (LOSS,) * 3, "stale": True}, "requested", "quality_loss"),
        ({"evaluations": (FINE,) * 3, "stale": True, "last_request": NOW}, "cooldown", "staleness"),
    ],
)
def test_the_truth_table(changes: dict[str, Any], code: str, cause: str | None) -> None:
    decision = decide(replace(CALM, **changes), CONFIGURATION)
    assert (decision.code, decision.cause, decision.request) == (code, cause, code == "requested")
    assert decision.reason


@pytest.mark.parametrize(
    ("live", "holdout", "lost"),
    [
        (Interval(0.70, 0.68, 0.72), 0.76, True),
        (Interval(0.70, 0.66, 0.74), 0.76, False),
        (Interval(0.70, 0.67, 0.73), 0.76, False),
        (None, 0.76, None),
        (Interval(0.70, 0.68, 0.72), None, None),
    ],
)
def test_quality_is_lost_where_the_whole_interval_is_too_low(
    live: Interval | None, holdout: float | None, lost: bool | None
) -> None:
    assert quality_lost(live, holdout, 0.03) is lost
