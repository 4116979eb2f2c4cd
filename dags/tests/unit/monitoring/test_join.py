"""Which outcome belongs to which prediction."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from retraining.monitoring.feedback import read_feedback
from retraining.monitoring.feedback_source import open_source
from retraining.monitoring.join import Joined, join
from tests.support.feedback import START, outcome, prediction, stamp, write_feedback

SKEW = timedelta(minutes=5)


@pytest.fixture
def joined(tmp_path: Path) -> Any:
    def run(predictions: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> Joined:
        source = open_source(write_feedback(tmp_path, predictions, outcomes))
        until = START + timedelta(days=30)
        feedback = read_feedback(source, model="credit-scoring", since=START, until=until, max_rows=1000, skew=SKEW)
        return join(feedback, SKEW)

    return run


def labels(joined: Joined) -> list[float | None]:
    return [None if pd.isna(label) else label for label in joined.rows["label"]]


def test_outcomes_are_joined_by_request_and_row_to_the_version_that_served(joined: Any) -> None:
    found = joined(
        [prediction("a"), prediction("a", row=1), prediction("b", version="8"), prediction("c")],
        [outcome("b", 0), outcome("a", 1, row=1), outcome("nobody")],
    )
    assert labels(found) == [None, 1, 0, None]
    assert found.rows["version"].tolist() == ["7", "7", "8", "7"]
    assert found.counts["labelled"] == 2


def test_the_latest_observation_decides(joined: Any) -> None:
    late, early = outcome("a", 1, after_hours=48), outcome("a", 0, after_hours=24)
    assert labels(joined([prediction("a")], [late, early])) == [1]
    assert labels(joined([prediction("a")], [early, late, late])) == [1]


def test_a_contradiction_is_excluded_and_counted(joined: Any) -> None:
    found = joined([prediction("a"), prediction("b")], [outcome("a", 1), outcome("a", 0), outcome("b", 0)])
    assert labels(found) == [None, 0]
    assert found.counts["contradictory_outcomes"] == 1
    settled = joined([prediction("a")], [outcome("a", 1), outcome("a", 0), outcome("a", 1, after_hours=25)])
    assert labels(settled) == [1], "a later observation settles it"


def test_an_outcome_before_its_prediction_is_excluded_beyond_the_clocks_tolerance(joined: Any) -> None:
    found = joined([prediction("a"), prediction("b")], [outcome("a", after_hours=-0.05), outcome("b", after_hours=-1)])
    assert labels(found) == [1, None]
    assert found.counts["outcomes_before_prediction"] == 1


def test_midnight_stands_for_a_day_which_may_be_the_predictions_own(joined: Any) -> None:
    noon, next_noon = (stamp(START + timedelta(hours=hours)) for hours in (12, 36))
    found = joined(
        [prediction("a", at=noon), prediction("b", at=next_noon)],
        [outcome("a", after_hours=0), outcome("b", after_hours=0)],
    )
    assert labels(found) == [1, None]


def test_a_prediction_that_was_delivered_twice_counts_once(joined: Any) -> None:
    found = joined([prediction("a"), prediction("a")], [outcome("a")])
    assert labels(found) == [1]
    assert found.counts["repeated_predictions"] == 1


def test_two_predictions_under_one_id_get_no_label(joined: Any) -> None:
    other = prediction("a", at=stamp(START + timedelta(hours=1)), version="8")
    found = joined([prediction("a"), other], [outcome("a")])
    assert labels(found) == [None, None]
    assert found.counts["ambiguous_predictions"] == 2


def test_nothing_joins_to_nothing(joined: Any) -> None:
    assert len(joined([], [outcome("a")]).rows) == 0
    assert labels(joined([prediction("a")], [])) == [None]
