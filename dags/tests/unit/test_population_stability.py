"""The population stability index."""

from __future__ import annotations

import numpy as np

from retraining.histogram import categorical_histogram, numeric_histogram
from retraining.population_stability import histogram_stability, score_stability


def test_scores_that_move_are_seen_and_resampled_ones_are_not() -> None:
    random = np.random.default_rng(1)
    reference = random.beta(2, 6, 5000)
    assert score_stability(reference, random.beta(2, 6, 5000)) < 0.02
    assert score_stability(reference, random.beta(3, 5, 5000)) > 0.25


def test_a_category_that_the_reference_does_not_know_is_a_bin_of_its_own() -> None:
    reference = categorical_histogram([1, 2], np.array([1, 1, 2, 2] * 50))
    assert histogram_stability(reference, np.array([1, 2] * 100)) < 0.01
    assert histogram_stability(reference, np.array([1, 2, 7, 7] * 50)) > 1


def test_missing_values_are_a_bin_of_their_own() -> None:
    values = np.arange(200.0)
    reference = numeric_histogram(values)
    assert histogram_stability(reference, values) == 0
    assert histogram_stability(reference, np.where(values % 2 == 0, np.nan, values)) > 1
