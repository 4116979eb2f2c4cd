"""DeLong's paired test, against its definition, against a bootstrap, and under the null hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from retraining.delong import auc_interval, paired_auc
from retraining.gates import load_configuration
from retraining.gates.champion import champion_comparison
from tests.support.evidence import evidence

ROWS = 600


def two_models(seed: int, first: float = 1.0, second: float = 1.0, rows: int = ROWS) -> tuple[np.ndarray, ...]:
    """Labels and two correlated scores whose skill is the given shift between the classes."""
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < 0.25).astype(int)
    shared = random.normal(size=rows)
    return labels, *(skill * labels + 0.8 * shared + 0.6 * random.normal(size=rows) for skill in (first, second))


def test_agrees_with_the_definition_pair_by_pair() -> None:
    labels, first, second = two_models(1, rows=80)
    # Ties count half.
    scores = np.round(np.vstack([first, second]), 1)
    positive, negative = scores[:, labels == 1], scores[:, labels == 0]
    wins = (positive[:, :, None] > negative[:, None, :]) + 0.5 * (positive[:, :, None] == negative[:, None, :])
    covariance = np.cov(wins.mean(axis=2)) / positive.shape[1] + np.cov(wins.mean(axis=1)) / negative.shape[1]
    expected = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    paired = paired_auc(labels, scores[0], scores[1])
    assert paired.auc == pytest.approx(roc_auc_score(labels, scores[0]))
    assert paired.other_auc == pytest.approx(roc_auc_score(labels, scores[1]))
    assert paired.standard_error == pytest.approx(expected)


def test_agrees_with_a_paired_bootstrap() -> None:
    labels, first, second = two_models(2, first=1.1)
    random = np.random.default_rng(3)
    gains = []
    for _ in range(400):
        rows = random.integers(0, ROWS, ROWS)
        gains.append(roc_auc_score(labels[rows], first[rows]) - roc_auc_score(labels[rows], second[rows]))
    paired = paired_auc(labels, first, second)
    assert paired.standard_error == pytest.approx(np.std(gains), rel=0.15)
    low, high = paired.interval(0.9)
    assert low == pytest.approx(np.quantile(gains, 0.05), abs=0.006)
    assert high == pytest.approx(np.quantile(gains, 0.95), abs=0.006)


def test_of_two_models_of_equal_skill_no_more_are_accepted_than_the_confidence_allows() -> None:
    configuration = load_configuration().champion_comparison
    trials = 1500
    accepted = 0
    larger = 0
    for seed in range(trials):
        paired = paired_auc(*two_models(seed))
        seen = {"gain": paired.gain, "p_value": paired.p_value}
        accepted += champion_comparison(evidence(candidate={"comparison": seen}), configuration).verdict == "passed"
        larger += paired.gain >= configuration.min_auc_gain
    nominal = 1 - configuration.confidence
    allowed = nominal + 3 * np.sqrt(nominal * (1 - nominal) / trials)
    assert accepted / trials <= allowed
    assert larger / trials > 0.3, "without the test, chance alone would have been accepted this often"


def test_a_better_model_is_found() -> None:
    found = sum(paired_auc(*two_models(seed, first=1.5)).p_value < 0.05 for seed in range(50))
    assert found >= 45


def test_the_same_ranking_is_no_gain() -> None:
    labels, first, _ = two_models(4)
    same = paired_auc(labels, first, first * 2 + 1)
    assert (same.gain, same.standard_error, same.p_value) == (0, 0, 1)
    assert paired_auc(labels, labels, -labels).p_value == 0


def test_an_interval_holds_the_auc_and_stays_in_bounds() -> None:
    labels, first, _ = two_models(5)
    auc, low, high = auc_interval(labels, first, 0.95)
    assert low < auc < high
    assert auc_interval(labels, labels, 0.95) == (1, 1, 1)


def test_one_row_of_a_class_is_too_few() -> None:
    with pytest.raises(ValueError, match="two rows of each class, not 1 and 3"):
        paired_auc(np.array([1, 0, 0, 0]), np.arange(4), np.arange(4))
