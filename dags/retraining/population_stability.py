"""Population stability index: how far a distribution has moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retraining.histogram import numeric_histogram
from retraining.manifest import Histogram
from retraining.metrics import Numbers

_HALF_A_ROW = 0.5
"""Added to every count: an empty bin would make the index infinite."""


def population_stability_index(reference: Sequence[int], current: Sequence[int]) -> float:
    """Sum over the bins of ``(q - p) ln(q / p)`` for two lists of counts of the same bins; 0 is "the same".

    Rules of thumb: below 0.1 the same, from 0.25 on another population (N. Siddiqi, Credit Risk Scorecards,
    2006). It is the symmetrised Kullback-Leibler divergence.
    """
    p = np.asarray(reference, dtype=np.float64) + _HALF_A_ROW
    q = np.asarray(current, dtype=np.float64) + _HALF_A_ROW
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum((q - p) * np.log(q / p)))


def score_stability(reference: Numbers, current: Numbers) -> float:
    """The index of ``current`` scores over the deciles of ``reference`` scores."""
    bins = numeric_histogram(reference)
    return population_stability_index(bins["counts"], numeric_histogram(current, bins["edges"])["counts"])


def histogram_stability(reference: Histogram, values: Numbers) -> float:
    """The index of a feature's ``values`` over the bins of a reference histogram; missing values are a bin.

    Values that are none of the reference's categories are a bin of their own.
    """
    if reference["kind"] == "categorical":
        counts = [int(np.sum(values == category)) for category in reference["categories"]]
        missing = int(np.sum([value is None or value != value for value in values.tolist()]))
        other = len(values) - sum(counts) - missing
        return population_stability_index(
            [*reference["counts"], reference["missing"], 0], [*counts, missing, max(other, 0)]
        )
    current = numeric_histogram(values, reference["edges"])
    return population_stability_index(
        [*reference["counts"], reference["missing"]], [*current["counts"], current["missing"]]
    )
