"""Quality before labels arrive, from the scores alone: CBPE, confidence-based performance estimation.

A calibrated probability says how often such a row defaults; summed up, such rows say what a confusion matrix, and
with it AUC, accuracy and Brier score, must be expected to be (J. Białek et al., Estimating Model Performance Under
Covariate Shift Without Labels, 2024, arXiv:2401.08348; known from NannyML). It sees what a shift of the population
does to quality. It cannot see that the same clients now default more often: for that, labels are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import pandas as pd

from retraining.monitoring.configuration import EstimateConfiguration
from retraining.monitoring.quality import Interval, version_order
from retraining.monitoring.ranking import Floats, Ranking

METRICS = ("auc", "accuracy", "brier", "default_rate")
_Z = NormalDist().inv_cdf(0.975)
_RESAMPLES = 50
_DAY = timedelta(days=1)

Calibration = Literal["isotonic", "identity"]


@dataclass(frozen=True)
class Estimate:
    """What is expected of one version's predictions of one UTC day (ISO date)."""

    version: str
    day: str
    rows: int
    calibration: Calibration
    metrics: Mapping[str, Interval | None]

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """How far an estimate was off, now that labels are there; ``error`` is estimated minus realised."""

    version: str
    day: str
    label_coverage: float
    estimated: Mapping[str, float]
    realised: Mapping[str, float]
    error: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def estimate_days(
    rows: pd.DataFrame, until: datetime, known: set[tuple[str, str]], configuration: EstimateConfiguration
) -> list[Estimate]:
    """Estimates of every version and whole day of the joined ``rows`` that is not ``known`` yet.

    Scores of a day are calibrated with labels that had been observed by its end, of rows of the same version from
    before it: what is estimated has had no influence.
    """
    estimates = []
    days = rows["at"].dt.floor("D")
    for version in sorted(rows["version"].unique(), key=version_order):
        own = rows["version"] == version
        for day in sorted(days[own].unique()):
            name = day.date().isoformat()
            part = rows[own & (days == day)]
            if (version, name) in known or day + _DAY > until or len(part) < max(1, configuration.min_rows):
                continue
            reference = rows[own & (rows["at"] < day) & (rows["observed_at"] < day + _DAY) & rows["label"].notna()]
            probabilities, calibration = calibrate(reference, part["score"].to_numpy(), configuration.min_reference)
            metrics = expect(
                part["score"].to_numpy(), part["decision"].to_numpy(), probabilities, part["weight"].to_numpy()
            )
            estimates.append(Estimate(version, name, len(part), calibration, metrics))
    return estimates


def calibrate(reference: pd.DataFrame, scores: Floats, min_reference: int) -> tuple[Floats, Calibration]:
    """Probabilities of default for scores: isotonic on labelled feedback, or the scores themselves without enough."""
    if len(reference) < max(2, min_reference) or reference["label"].nunique() < 2:
        return scores, "identity"
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(reference["score"].to_numpy(), reference["label"].to_numpy(), reference["weight"].to_numpy())
    probabilities: Floats = model.predict(scores)
    return probabilities, "isotonic"


def expect(scores: Floats, decisions: Floats, probabilities: Floats, weights: Floats) -> dict[str, Interval | None]:
    """Expected metrics, with the interval in which the realised ones should be.

    Its width is that of resampled rows with labels drawn from their probabilities, so that it holds both what is
    uncertain: which rows came, and what becomes of them.
    """
    ranking = Ranking(scores)
    decided = not np.isnan(decisions).any()

    def metrics(defaults: Floats, copies: Floats) -> dict[str, float]:
        found = {
            "auc": ranking.auc(copies * defaults, copies * (1 - defaults)),
            "brier": _mean(defaults * (1 - scores) ** 2 + (1 - defaults) * scores**2, copies),
            "default_rate": _mean(defaults, copies),
        }
        if decided:
            found["accuracy"] = _mean(decisions * defaults + (1 - decisions) * (1 - defaults), copies)
        return found

    random = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {name: [] for name in METRICS}
    for _ in range(_RESAMPLES):
        labels = (random.random(len(scores)) < probabilities).astype(np.float64)
        for name, value in metrics(labels, weights * random.poisson(1.0, len(weights))).items():
            drawn[name].append(value)
    expected = metrics(probabilities, weights)
    return {name: _interval(expected.get(name), drawn[name]) for name in METRICS}


def compare(estimates: list[Estimate], rows: pd.DataFrame, configuration: EstimateConfiguration) -> list[Comparison]:
    """Estimates against what came of their days, where enough of it is known."""
    days = rows["at"].dt.strftime("%Y-%m-%d")
    comparisons = []
    for item in estimates:
        part = rows[(rows["version"] == item.version) & (days == item.day)]
        labelled = part[part["label"].notna()]
        if len(labelled) < max(1, configuration.min_rows):
            continue
        coverage = float(labelled["weight"].sum() / part["weight"].sum())
        if coverage < configuration.min_label_coverage:
            continue
        realised = realise(labelled)
        estimated = {name: value.value for name, value in item.metrics.items() if value and name in realised}
        error = {name: value - realised[name] for name, value in estimated.items()}
        comparisons.append(Comparison(item.version, item.day, coverage, estimated, realised, error))
    return comparisons


def mean_absolute_errors(comparisons: list[Comparison]) -> dict[str, dict[str, float]]:
    """Version -> metric -> how far its estimates were off, on average over the days."""
    found: dict[str, dict[str, float]] = {}
    for version in {item.version for item in comparisons}:
        own = [item.error for item in comparisons if item.version == version]
        found[version] = {
            name: float(np.mean([abs(error[name]) for error in own if name in error]))
            for name in METRICS
            if any(name in error for error in own)
        }
    return found


def realise(labelled: pd.DataFrame) -> dict[str, float]:
    """The same metrics from labels; without those that these rows do not define."""
    scores, weights = labelled["score"].to_numpy(), labelled["weight"].to_numpy()
    labels, decisions = labelled["label"].to_numpy(), labelled["decision"].to_numpy()
    found = {
        "auc": Ranking(scores).auc(weights * labels, weights * (1 - labels)),
        "accuracy": _mean((decisions == labels).astype(np.float64), weights),
        "brier": _mean((scores - labels) ** 2, weights),
        "default_rate": _mean(labels, weights),
    }
    if np.isnan(decisions).any():
        del found["accuracy"]
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _mean(values: Floats, weights: Floats) -> float:
    total = weights.sum()
    return float((values * weights).sum() / total) if total > 0 else float("nan")


def _interval(value: float | None, drawn: list[float]) -> Interval | None:
    if value is None or np.isnan(value):
        return None
    margin = _Z * float(np.nanstd(drawn, ddof=1))
    return Interval(value, max(0.0, value - margin), min(1.0, value + margin))
