"""How far scores and features have moved, by the population stability index over the bins of a reference."""

from __future__ import annotations

import numpy as np

from retraining.divergence import population_stability_index
from retraining.histogram import numeric_histogram
from retraining.manifest import Histogram
from retraining.metrics import Numbers


def score_stability(reference: Numbers, current: Numbers) -> float:
    """The index of ``current`` scores over the deciles of ``reference`` scores."""
    bins = numeric_histogram(reference)
    return _index(bins["counts"], numeric_histogram(current, bins["edges"])["counts"])


def histogram_stability(reference: Histogram, values: Numbers) -> float:
    """The index of a feature's ``values`` over the bins of a reference histogram; missing values are a bin.

    Values that are none of the reference's categories are a bin of their own.
    """
    if reference["kind"] == "categorical":
        counts = [int(np.sum(values == category)) for category in reference["categories"]]
        missing = int(np.sum([value is None or value != value for value in values.tolist()]))
        other = len(values) - sum(counts) - missing
        return _index([*reference["counts"], reference["missing"], 0], [*counts, missing, max(other, 0)])
    current = numeric_histogram(values, reference["edges"])
    return _index([*reference["counts"], reference["missing"]], [*current["counts"], current["missing"]])


def _index(reference: list[int], current: list[int]) -> float:
    return population_stability_index(np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64))
