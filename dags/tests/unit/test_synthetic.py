"""The generator and its true probability of default."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from retraining.metrics import expected_calibration_error
from retraining.schema import APPLIED_AT, COLUMNS, FEATURE_NAMES, ID, LABEL_OBSERVED_AT, TARGET
from retraining.synthetic import Timeline, generate, generate_applicants, generate_over_time, true_default_probability
from retraining.validation import validate


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return generate(30_000, seed=7)


def test_the_same_seed_gives_the_same_rows(rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(rows, generate(30_000, seed=7))
    assert not rows.equals(generate(30_000, seed=8))


def test_the_default_rows_never_change(rows: pd.DataFrame) -> None:
    """Published figures and champions in registries were made from them."""
    digest = hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()
    assert digest == "eb7b6c54cc1a2d3634dbdb95532e70061ed18274bd0d939ff590e1ccd243bfbb"


def test_its_rows_keep_every_rule_of_the_data(rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(validate(rows, "synthetic:"), rows)


def test_its_marginals_are_near_the_real_ones(rows: pd.DataFrame) -> None:
    assert rows[TARGET].mean() == pytest.approx(0.22, abs=0.02)
    assert rows["AGE"].mean() == pytest.approx(35.5, abs=2)
    assert rows["LIMIT_BAL"].mean() == pytest.approx(167_000, rel=0.15)
    assert (rows["PAY_0"] > 0).mean() == pytest.approx(0.22, abs=0.08)


def test_labels_are_drawn_with_the_documented_probability(rows: pd.DataFrame) -> None:
    truth = true_default_probability(rows)
    labels = rows[TARGET].to_numpy()
    assert roc_auc_score(labels, truth) > 0.79
    assert expected_calibration_error(labels, truth) < 0.01


def test_the_documented_formula_by_hand() -> None:
    client = {f"PAY_{month}": -1 for month in (2, 3, 4, 5, 6)} | {f"PAY_AMT{i}": 1000 for i in range(1, 7)}
    client |= {
        "PAY_0": 2,
        "LIMIT_BAL": 100_000,
        "BILL_AMT1": 50_000,
        "BILL_AMT6": 50_000,
        "AGE": 30,
        "EDUCATION": 2,
        "SEX": 2,
    }
    logit = -2.25 + 0.95 * 2 + 1.20 * 0.5 - 6.0 * 0.01
    assert true_default_probability(pd.DataFrame([client]))[0] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_every_value_is_exact_in_float32(rows: pd.DataFrame) -> None:
    assert (rows.to_numpy().astype(np.float32).astype(np.int64) == rows.to_numpy()).all()


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_shifted_labels_are_drawn_with_the_shifted_probability(shift: float) -> None:
    moved = generate(30_000, seed=3, shift=shift)
    truth = true_default_probability(moved, shift)
    assert expected_calibration_error(moved[TARGET].to_numpy(), truth) < 0.012
    pd.testing.assert_frame_equal(validate(moved, "synthetic:"), moved)
    applicants, probabilities = generate_applicants(30_000, 3, shift)
    assert list(applicants) == [ID, *FEATURE_NAMES]
    assert (probabilities == truth).all()


def test_a_shift_makes_what_was_true_wrong(rows: pd.DataFrame) -> None:
    moved = generate(30_000, seed=3, shift=1.0)
    labels = moved[TARGET].to_numpy()
    old, new = true_default_probability(moved), true_default_probability(moved, 1.0)
    assert roc_auc_score(labels, old) < roc_auc_score(labels, new) - 0.08
    assert expected_calibration_error(labels, old) > 0.1
    assert moved["LIMIT_BAL"].mean() > 1.25 * rows["LIMIT_BAL"].mean()
    assert (moved["PAY_0"] > 0).mean() > 1.4 * (rows["PAY_0"] > 0).mean()


def test_time_is_drawn_apart_from_the_rows() -> None:
    timed = generate_over_time(3_000, 7, Timeline(date(2024, 1, 1), months=24, label_delay_days=30))
    pd.testing.assert_frame_equal(timed[COLUMNS], generate(3_000, 7))
    assert timed[APPLIED_AT].is_monotonic_increasing
    assert timed[APPLIED_AT].min() >= pd.Timestamp("2024-01-01", tz="UTC")
    assert timed[APPLIED_AT].max() < pd.Timestamp("2026-01-01", tz="UTC")
    assert (timed[LABEL_OBSERVED_AT] - timed[APPLIED_AT] == pd.Timedelta(days=30)).all()


def test_before_its_day_a_shift_changes_nothing() -> None:
    still = Timeline(date(2024, 1, 1), months=12)
    moved = Timeline(date(2024, 1, 1), months=12, shift=1.0, shift_from=date(2024, 7, 1))
    before = generate_over_time(3_000, 7, still)
    after = generate_over_time(3_000, 7, moved)
    earlier = before[APPLIED_AT] < pd.Timestamp("2024-07-01", tz="UTC")
    pd.testing.assert_frame_equal(before[earlier], after[earlier])
    assert after[~earlier][TARGET].mean() > before[~earlier][TARGET].mean() + 0.06
