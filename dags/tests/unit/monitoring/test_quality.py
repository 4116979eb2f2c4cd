"""Quality by version and slice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from retraining.gates import load_configuration
from retraining.metrics import evaluate_scores
from retraining.monitoring.configuration import QualityConfiguration
from retraining.monitoring.quality import METRICS, Quality, measure, quality_by_version, wilson
from retraining.monitoring.slices import slice_names

CONFIGURATION = QualityConfiguration(min_labelled=200, min_of_each_class=20)
SLICES = load_configuration().slices


def rows_of(count: int, seed: int = 1, **columns: Any) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    scores = random.beta(2, 5, count)
    table = {
        "version": pd.array(["7"] * count, dtype="string"),
        "score": scores,
        "label": (random.random(count) < scores).astype(float),
        "weight": np.ones(count),
        "feature.AGE": random.integers(21, 80, count).astype(float),
        "feature.SEX": random.integers(1, 3, count).astype(float),
    }
    return pd.DataFrame(table | columns)


def by_slice(rows: pd.DataFrame) -> dict[tuple[str, str], Quality]:
    return {(item.version, item.slice): item for item in quality_by_version(rows, SLICES, CONFIGURATION)}


def test_numbers_are_those_of_the_holdout_s_metrics() -> None:
    rows = rows_of(3000)
    expected = evaluate_scores(rows["label"].to_numpy(), rows["score"].to_numpy())
    found = by_slice(rows)["7", "all"].metrics
    for name, other in {"auc": "auc", "ks": "ks", "brier": "brier", "calibration_error": "ece"}.items():
        interval = found[name]
        assert interval is not None
        assert interval.value == pytest.approx(expected[other], abs=1e-9), name
        assert interval.low <= interval.value <= interval.high


def test_tied_scores_count_half() -> None:
    scores, labels = np.array([0.1, 0.5, 0.5, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])
    assert measure(scores, labels, np.ones(4))["auc"].value == pytest.approx(0.875)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    rows = rows_of(800)
    twice = pd.concat([rows, rows.iloc[:300]])
    weighted = rows.assign(weight=np.where(np.arange(800) < 300, 2.0, 1.0))
    one, other = by_slice(twice)["7", "all"].metrics, by_slice(weighted)["7", "all"].metrics
    for name in ("auc", "ks", "brier", "default_rate"):
        left, right = one[name], other[name]
        assert left is not None
        assert right is not None
        assert left.value == pytest.approx(right.value, abs=1e-9)


def test_too_few_rows_give_counts_and_no_numbers() -> None:
    rows = rows_of(400)
    rows.loc[150:, "label"] = np.nan
    quality = by_slice(rows)["7", "all"]
    assert (quality.rows, quality.labelled, quality.label_coverage) == (400, 150, 0.375)
    assert set(quality.metrics.values()) == {None}


def test_without_enough_of_both_classes_nothing_is_ranked() -> None:
    quality = by_slice(rows_of(400, label=np.zeros(400)))["7", "all"]
    assert quality.metrics["auc"] is None
    assert quality.metrics["ks"] is None
    rate = quality.metrics["default_rate"]
    assert rate is not None
    assert rate.low == 0
    assert rate.high > 0.005


def test_versions_are_apart_and_slices_cover_their_rows() -> None:
    rows = pd.concat([rows_of(600), rows_of(500, seed=2, version=pd.array(["10"] * 500, dtype="string"))])
    found = by_slice(rows)
    assert list(dict.fromkeys(version for version, _ in found)) == ["7", "10"]
    assert found["7", "sex_men"].rows + found["7", "sex_women"].rows == 600
    assert sum(item.rows for (version, name), item in found.items() if version == "10" and "age" in name) == 500
    assert {name for _, name in found} <= set(slice_names(SLICES))
    assert {"all", "age_up_to_25", "age_over_55", "limit_over_50000_to_150000", "education_high_school"} <= set(
        slice_names(SLICES)
    )
    assert ("7", "education_other") not in found, "a redacted feature has no slices"


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    truth = measure(*_columns(rows_of(200_000, seed=99)), ("auc",))["auc"].value
    hits = 0
    for seed in range(60):
        interval = measure(*_columns(rows_of(500, seed=seed)), ("auc",))["auc"]
        hits += interval.low <= truth <= interval.high
    assert 51 <= hits <= 60


def test_rows_that_hardly_count_do_not_narrow_an_interval() -> None:
    scores, labels, even = _columns(rows_of(2000))
    few = np.where(np.arange(2000) % 8 == 0, 1.0, 1e-6)
    wide, narrow = measure(scores, labels, few), measure(scores, labels, even)
    for name in METRICS:
        assert wide[name].high - wide[name].low > 1.7 * (narrow[name].high - narrow[name].low), name


def test_wilson_agrees_with_its_textbook_numbers() -> None:
    interval = wilson(0.1, 100)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0552, 0.1744)


def test_every_metric_is_measured() -> None:
    assert set(measure(*_columns(rows_of(300)))) == set(METRICS)


def _columns(rows: pd.DataFrame) -> tuple[Any, Any, Any]:
    return rows["score"].to_numpy(), rows["label"].to_numpy(), rows["weight"].to_numpy()
