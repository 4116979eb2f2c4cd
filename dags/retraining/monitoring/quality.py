"""How good a version's predictions were, now that their outcomes are known: by version and by slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from retraining.monitoring.configuration import QualityConfiguration
from retraining.monitoring.ranking import Floats, Ranking
from retraining.monitoring.slices import slices_of
from retraining.slices import SliceDefinition

_CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
_RESAMPLES = 100
_CALIBRATION_BINS = 10

RATE = "default_rate"
RANKS = ("auc", "ks")
METRICS = ("auc", "ks", "brier", "calibration_error", RATE)


@dataclass(frozen=True)
class Interval:
    """A number with the bounds of its 95% confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Quality:
    """One slice of one version. A metric is None where there are too few labelled rows to say."""

    version: str
    slice: str
    rows: int
    labelled: int
    label_coverage: float
    metrics: Mapping[str, Interval | None]

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def quality_by_version(
    rows: pd.DataFrame, slices: Sequence[SliceDefinition], configuration: QualityConfiguration
) -> list[Quality]:
    """Every slice of every version that served in the joined ``rows``, in the order of the version numbers."""
    found = []
    for version in sorted(rows["version"].unique(), key=version_order):
        part = rows[rows["version"] == version]
        found += [quality_of(part[mask], version, name, configuration) for name, mask in slices_of(part, slices)]
    return found


def version_order(version: str) -> tuple[int, int | str]:
    """Numbers by their value, before anything else."""
    return (0, int(version)) if version.isascii() and version.isdigit() else (1, version)


def quality_of(rows: pd.DataFrame, version: str, name: str, configuration: QualityConfiguration) -> Quality:
    """The quality of joined rows of one version. All shares and metrics use the rows' weights."""
    labelled = rows[rows["label"].notna()]
    everything, known = float(rows["weight"].sum()), float(labelled["weight"].sum())
    defaults = int(labelled["label"].sum())
    metrics: dict[str, Interval | None] = dict.fromkeys(METRICS)
    if len(labelled) >= max(1, configuration.min_labelled):
        both = min(defaults, len(labelled) - defaults) >= max(1, configuration.min_of_each_class)
        names = METRICS if both else tuple(metric for metric in METRICS if metric not in RANKS)
        metrics |= measure(
            labelled["score"].to_numpy(), labelled["label"].to_numpy(), labelled["weight"].to_numpy(), names
        )
    return Quality(
        version=version,
        slice=name,
        rows=len(rows),
        labelled=len(labelled),
        label_coverage=known / everything if everything else 0.0,
        metrics=metrics,
    )


def measure(scores: Floats, labels: Floats, weights: Floats, names: tuple[str, ...] = METRICS) -> dict[str, Interval]:
    """Metrics with intervals: the value, give or take the normal quantile times its bootstrap standard error.

    The bootstrap draws a Poisson(1) number of copies of every row, which is the usual one in the limit and needs
    no sorting (N. Chamandy et al., Estimating Uncertainty for Massive Data Streams, 2012); its seed is fixed, so
    that the same rows give the same interval. The default rate has Wilson's interval on the effective number of
    rows, which stays sensible near 0 and 1 (E. B. Wilson, JASA 22, 1927; L. Kish, Survey Sampling, 1965).
    """
    functions = {name: function for name, function in _functions(scores, labels).items() if name in names}
    values = {name: function(weights) for name, function in functions.items()}
    random = np.random.default_rng(0)
    resampled: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(_RESAMPLES):
        copies = weights * random.poisson(1.0, len(weights))
        if not copies.any():
            continue
        for name, function in functions.items():
            resampled[name].append(function(copies))
    intervals = {}
    for name, value in values.items():
        margin = _Z * float(np.nanstd(resampled[name], ddof=1))
        intervals[name] = Interval(value, max(0.0, value - margin), min(1.0, value + margin))
    if RATE in names:
        intervals[RATE] = wilson(float(np.average(labels, weights=weights)), effective_rows(weights))
    return intervals


def effective_rows(weights: Floats) -> float:
    """How many equally weighted rows would say as much (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def wilson(share: float, rows: float) -> Interval:
    """A share with Wilson's interval."""
    centre = (share + _Z**2 / (2 * rows)) / (1 + _Z**2 / rows)
    margin = _Z / (1 + _Z**2 / rows) * np.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    return Interval(share, max(0.0, float(centre - margin)), min(1.0, float(centre + margin)))


def _functions(scores: Floats, labels: Floats) -> dict[str, Callable[[Floats], float]]:
    """Metric -> the function of the rows' weights that computes it."""
    ranking = Ranking(scores)
    squares = (scores - labels) ** 2
    # Bins of equally many rows, as for the holdout (see metrics.expected_calibration_error).
    bins = min(_CALIBRATION_BINS, len(scores))
    bin_of = np.empty(len(scores), dtype=np.int64)
    bin_of[np.argsort(scores, kind="stable")] = np.arange(len(scores)) * bins // len(scores)
    distance = scores - labels

    def calibration_error(weights: Floats) -> float:
        gaps = np.bincount(bin_of, weights * distance, minlength=bins)
        return float(np.abs(gaps).sum() / weights.sum())

    return {
        "auc": lambda weights: ranking.auc(weights * labels, weights * (1 - labels)),
        "ks": lambda weights: ranking.ks(weights * labels, weights * (1 - labels)),
        "brier": lambda weights: float(np.average(squares, weights=weights)),
        "calibration_error": calibration_error,
    }
