"""Reference histograms: what the training window looked like, feature by feature."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from retraining.manifest import CategoricalHistogram, Feature, Histogram, NumericHistogram, Scalar

_BINS = 10
"""Deciles: the usual resolution of a population stability index (Siddiqi, Credit Risk Scorecards, 2006)."""


def histogram_of(feature: Feature, values: npt.NDArray[Any]) -> Histogram:
    """Categorical where the feature has categories, numeric otherwise. ``values`` is ``[rows]``."""
    if "categories" in feature:
        return categorical_histogram(feature["categories"], values)
    return numeric_histogram(values)


def numeric_histogram(values: npt.NDArray[Any], edges: Iterable[float] | None = None) -> NumericHistogram:
    """Counts between edges, by default the distinct deciles; NaN is counted as missing."""
    numbers = np.asarray(values, dtype=np.float64)
    known = numbers[~np.isnan(numbers)]
    if edges is None:
        edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS)) if len(known) else []
    limits = np.asarray(list(edges), dtype=np.float64)
    # side="left" puts a value equal to an edge into the bin that the edge closes: (edges[i-1], edges[i]].
    counts = np.bincount(np.searchsorted(limits, known, side="left"), minlength=len(limits) + 1)
    return {
        "kind": "numeric",
        "edges": [float(edge) for edge in limits],
        "counts": [int(count) for count in counts],
        "missing": int(len(numbers) - len(known)),
    }


def categorical_histogram(categories: list[Scalar], values: npt.NDArray[Any]) -> CategoricalHistogram:
    """One count per category; every value is one of them."""
    return {
        "kind": "categorical",
        "categories": categories,
        "counts": [int(np.sum(values == category)) for category in categories],
        "missing": 0,
    }
