"""The generator and its true probability of default."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from retraining.metrics import expected_calibration_error
from retraining.schema import TARGET
from retraining.synthetic import generate, true_default_probability
from retraining.validation import validate


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return generate(30_000, seed=7)


def test_the_same_seed_gives_the_same_rows(rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(rows, generate(30_000, seed=7))
    assert not rows.equals(generate(30_000, seed=8))


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
    client |= {"PAY_0": 2, "LIMIT_BAL": 100_000, "BILL_AMT1": 50_000, "AGE": 30, "EDUCATION": 2, "SEX": 2}
    logit = -2.25 + 0.95 * 2 + 1.20 * 0.5 - 6.0 * 0.01
    assert true_default_probability(pd.DataFrame([client]))[0] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_every_value_is_exact_in_float32(rows: pd.DataFrame) -> None:
    assert (rows.to_numpy().astype(np.float32).astype(np.int64) == rows.to_numpy()).all()
