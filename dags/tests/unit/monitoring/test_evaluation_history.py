"""What earlier runs found, read from their tags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from retraining.monitoring.evaluation_history import REQUESTED_TAG, history_of, tags_of
from retraining.monitoring.retraining_decision import Evaluation

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
FINE, DRIFT, UNKNOWN = Evaluation(False, False), Evaluation(True, None), Evaluation(None, None)


def tags(evaluation: Evaluation, days_ago: float, version: str = "7") -> dict[str, str]:
    return tags_of("credit-scoring", version, evaluation, NOW - days_ago * DAY)


def test_evaluations_come_back_as_they_were_the_newest_first() -> None:
    history = history_of([tags(FINE, 3), tags(UNKNOWN, 1), tags(DRIFT, 2)], "7", NOW)
    assert history.evaluations == (UNKNOWN, DRIFT, FINE)


def test_those_of_another_champion_do_not_count_but_its_request_does() -> None:
    requested = {**tags(DRIFT, 2, "6"), REQUESTED_TAG: (NOW - 2 * DAY).isoformat()}
    history = history_of([requested, tags(FINE, 1)], "7", NOW)
    assert history.evaluations == (FINE,)
    assert history.last_request == NOW - 2 * DAY


def test_what_is_later_had_not_happened_yet() -> None:
    assert history_of([tags(FINE, -1)], "7", NOW).evaluations == ()


def test_a_run_that_died_before_it_evaluated_is_none() -> None:
    history = history_of([{"dag_run_id": "x"}], "7", NOW)
    assert history == history_of([], "7", NOW)
