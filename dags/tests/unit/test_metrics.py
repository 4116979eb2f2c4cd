"""Metrics, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from retraining.metrics import evaluate_scores, expected_calibration_error, ks_statistic, ks_threshold

LABELS = np.array([0, 0, 0, 1, 0, 1, 1, 1])
SCORES = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])


def test_ks_is_the_largest_distance_and_its_threshold_is_inclusive() -> None:
    assert ks_statistic(LABELS, SCORES) == pytest.approx(0.75)
    threshold = ks_threshold(LABELS, SCORES)
    decided = threshold <= SCORES
    assert decided[LABELS == 1].mean() - decided[LABELS == 0].mean() == pytest.approx(0.75)


def test_the_threshold_is_a_score_even_where_ranking_is_hopeless() -> None:
    assert np.isfinite(ks_threshold(np.array([1, 0]), np.array([0.2, 0.8])))


def test_calibration_error_is_zero_for_the_observed_frequency_and_large_for_its_opposite() -> None:
    labels = np.array([0, 1] * 50)
    assert expected_calibration_error(labels, np.full(100, 0.5)) == pytest.approx(0)
    assert expected_calibration_error(labels, np.where(labels == 1, 0.0, 1.0)) == pytest.approx(1)


def test_reports_six_numbers() -> None:
    metrics = evaluate_scores(LABELS, SCORES)
    assert metrics.keys() == {"auc", "pr_auc", "ks", "brier", "log_loss", "ece"}
    assert metrics["auc"] == pytest.approx(15 / 16)
    assert metrics["brier"] == pytest.approx(float(np.mean((SCORES - LABELS) ** 2)))
