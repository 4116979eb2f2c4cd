"""Estimates before labels arrive, and how far they were off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retraining.monitoring.configuration import EstimateConfiguration
from retraining.monitoring.estimate import (
    calibrate,
    compare,
    estimate_days,
    expect,
    mean_absolute_errors,
    realise,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIGURATION = EstimateConfiguration(min_rows=200, min_reference=1000, min_label_coverage=0.5)


def rows_of(
    count: int, *, days: float = 1, seed: int = 1, overconfident: float = 1, harder: bool = False
) -> pd.DataFrame:
    """Rows whose labels are drawn from known probabilities; scores are these, or an overconfident form of them."""
    random = np.random.default_rng(seed)
    truth = random.beta(4, 6, count) if harder else random.beta(1, 2, count)
    odds = (truth / (1 - truth)) ** overconfident
    at = pd.to_datetime([START + days * DAY * index / count for index in range(count)]).as_unit("us")
    return pd.DataFrame(
        {
            "version": pd.array(["7"] * count, dtype="string"),
            "at": at,
            "observed_at": at + DAY / 2,
            "score": odds / (1 + odds),
            "decision": (truth > 0.4).astype(float),
            "label": (random.random(count) < truth).astype(float),
            "weight": 1.0,
        }
    )


def columns(rows: pd.DataFrame, probabilities: Any = None) -> tuple[Any, Any, Any, Any]:
    scores = rows["score"].to_numpy()
    chosen = scores if probabilities is None else probabilities
    return scores, rows["decision"].to_numpy(), chosen, rows["weight"].to_numpy()


@pytest.mark.parametrize("harder", [False, True])
def test_calibrated_scores_foretell_what_labels_will_say(harder: bool) -> None:
    rows = rows_of(20_000, harder=harder)
    expected = expect(*columns(rows))
    for name, realised in realise(rows).items():
        interval = expected[name]
        assert interval is not None
        assert interval.value == pytest.approx(realised, abs=0.015), name
        assert interval.low - 0.005 <= realised <= interval.high + 0.005, name


def test_overconfident_scores_mislead_until_labels_calibrate_them() -> None:
    reference, rows = rows_of(5000, seed=2, overconfident=2), rows_of(5000, overconfident=2)
    auc = realise(rows)["auc"]
    probabilities, how = calibrate(reference, rows["score"].to_numpy(), 1000)
    assert how == "isotonic"
    naive, calibrated = expect(*columns(rows))["auc"], expect(*columns(rows, probabilities))["auc"]
    assert naive is not None
    assert calibrated is not None
    assert abs(calibrated.value - auc) < 0.02 < naive.value - auc


def test_without_enough_labels_scores_are_taken_as_they_are() -> None:
    rows = rows_of(300)
    probabilities, how = calibrate(rows, rows["score"].to_numpy(), 1000)
    assert how == "identity"
    assert probabilities is not None
    assert calibrate(rows_of(2000).assign(label=0.0), rows["score"].to_numpy(), 1000)[1] == "identity"


def test_each_whole_day_is_estimated_once() -> None:
    rows = rows_of(2000, days=4)
    until = START + 3.5 * DAY
    estimates = estimate_days(rows, until, set(), CONFIGURATION)
    assert [item.day for item in estimates] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    known = {(item.version, item.day) for item in estimates[:2]}
    assert [item.day for item in estimate_days(rows, until, known, CONFIGURATION)] == ["2026-11-03"]


def test_a_day_is_calibrated_with_what_was_known_at_its_end() -> None:
    rows = rows_of(4800, days=4)
    assert [item.calibration for item in estimate_days(rows, START + 4 * DAY, set(), CONFIGURATION)] == [
        "identity",
        "isotonic",
        "isotonic",
        "isotonic",
    ]
    late = rows.assign(observed_at=rows["at"] + 30 * DAY)
    assert {item.calibration for item in estimate_days(late, START + 4 * DAY, set(), CONFIGURATION)} == {"identity"}
    today = rows[rows["at"] < START + DAY].copy()
    before = estimate_days(today, START + DAY, set(), CONFIGURATION)
    assert estimate_days(today.assign(label=1 - today["label"]), START + DAY, set(), CONFIGURATION) == before


def test_an_estimate_is_held_against_what_came_once_enough_is_known() -> None:
    rows = rows_of(3000, days=2)
    estimates = estimate_days(rows, START + 2 * DAY, set(), CONFIGURATION)
    unlabelled = rows.assign(label=np.nan)
    assert compare(estimates, unlabelled, CONFIGURATION) == []
    few = rows.assign(label=rows["label"].where(np.arange(3000) % 4 == 0))
    assert compare(estimates, few, CONFIGURATION) == []
    found = compare(estimates, rows, CONFIGURATION)
    assert [item.day for item in found] == ["2026-11-01", "2026-11-02"]
    assert found[0].error["auc"] == found[0].estimated["auc"] - found[0].realised["auc"]
    errors = mean_absolute_errors(found)["7"]
    assert 0 < errors["auc"] < 0.03


def test_it_cannot_see_that_the_same_clients_default_more_often() -> None:
    rows = rows_of(3000)
    rows["label"] = np.maximum(rows["label"], (np.arange(3000) % 3 == 0).astype(float))
    [found] = compare(estimate_days(rows, START + DAY, set(), CONFIGURATION), rows, CONFIGURATION)
    assert found.error["default_rate"] < -0.1


def test_without_decisions_there_is_no_accuracy() -> None:
    rows = rows_of(300).assign(decision=np.nan)
    assert expect(*columns(rows))["accuracy"] is None
    assert "accuracy" not in realise(rows)
