"""A window of traffic against the champion's reference, feature by feature and for its outputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from retraining.divergence import (
    Floats,
    jensen_shannon_distance,
    population_stability_index,
    stability_noise,
)
from retraining.manifest import Feature, Histogram, Manifest
from retraining.monitoring.configuration import DriftConfiguration
from retraining.monitoring.feedback import FEATURE_PREFIX
from retraining.monitoring.quality import effective_rows

_OUTPUT_COLUMNS = {"score": "score", "label": "decision"}


@dataclass(frozen=True)
class ColumnDrift:
    """One feature or output; the numbers are None, and ``drifted`` too, where there are too few rows."""

    name: str
    kind: str
    """``feature`` or ``output``."""
    rows: int
    psi: float | None
    jensen_shannon: float | None
    noise: float | None
    """The index that an unchanged population would hardly exceed with so many rows."""
    drifted: bool | None
    bins: tuple[str, ...]
    reference_shares: tuple[float, ...]
    current_shares: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def measure_drift(
    rows: pd.DataFrame, manifest: Manifest, version: str, configuration: DriftConfiguration
) -> list[ColumnDrift]:
    """Every column of the reference that was logged; the most drifted first.

    Features are those of all ``rows``, whichever version answered: the population is one. Outputs are those of
    ``version`` alone.
    """
    features = {feature["name"]: feature for feature in manifest["features"]}
    found = [
        _column(name, "feature", histogram, _known(rows, FEATURE_PREFIX + name, features[name]), configuration)
        for name, histogram in manifest["reference"]["features"].items()
        if FEATURE_PREFIX + name in rows
    ]
    own = rows[rows["version"] == version]
    found += [
        _column(name, "output", histogram, own[[column, "weight"]].dropna(), configuration)
        for name, histogram in manifest["reference"]["outputs"].items()
        if (column := _OUTPUT_COLUMNS.get(name))
    ]
    return sorted(found, key=lambda column: -(column.psi or 0.0))


def any_drift(columns: list[ColumnDrift]) -> bool | None:
    """Whether a column has drifted; None where no column has rows enough to say."""
    known = [column.drifted for column in columns if column.drifted is not None]
    return any(known) if known else None


def _known(rows: pd.DataFrame, column: str, feature: Feature) -> pd.DataFrame:
    """The column and its weights. A value cannot be missing where the feature is not nullable: it was redacted."""
    table = rows[[column, "weight"]]
    return table if feature["nullable"] else table.dropna()


def _column(
    name: str, kind: str, histogram: Histogram, table: pd.DataFrame, configuration: DriftConfiguration
) -> ColumnDrift:
    reference, labels = _reference(histogram)
    if len(table) < configuration.min_rows or reference.sum() == 0:
        return ColumnDrift(name, kind, len(table), None, None, None, None, (), (), ())
    weights = table["weight"].to_numpy(dtype=np.float64)
    current = np.bincount(_bins_of(table.iloc[:, 0], histogram), weights, len(reference)).astype(np.float64)
    psi = population_stability_index(reference, current)
    distance = jensen_shannon_distance(reference, current)
    used = int(((reference > 0) | (current > 0)).sum())
    noise = stability_noise(used, float(reference.sum()), effective_rows(weights))
    return ColumnDrift(
        name=name,
        kind=kind,
        rows=len(table),
        psi=psi,
        jensen_shannon=distance,
        noise=noise,
        drifted=psi > max(configuration.max_psi, noise) and distance > configuration.max_jensen_shannon,
        bins=labels,
        reference_shares=_shares(reference),
        current_shares=_shares(current),
    )


def _reference(histogram: Histogram) -> tuple[Floats, tuple[str, ...]]:
    """Counts and names of the bins: the histogram's own, then unseen categories, then missing values."""
    if histogram["kind"] == "categorical":
        counts = [*histogram["counts"], 0, histogram["missing"]]
        return np.array(counts, dtype=np.float64), (*map(str, histogram["categories"]), "unseen", "missing")
    edges = [f"{edge:g}" for edge in histogram["edges"]]
    names = [f"to {edge}" for edge in edges] + ([f"above {edges[-1]}"] if edges else ["any"])
    return np.array([*histogram["counts"], histogram["missing"]], dtype=np.float64), (*names, "missing")


def _bins_of(column: pd.Series[Any], histogram: Histogram) -> np.ndarray[Any, np.dtype[np.int64]]:
    missing = column.isna().to_numpy()
    if histogram["kind"] == "categorical":
        known = {category: index for index, category in enumerate(histogram["categories"])}
        unseen = len(known)
        bins = np.array(
            [unseen + 1 if gone else known.get(value, unseen) for value, gone in zip(column, missing, strict=True)]
        )
        return bins.astype(np.int64)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bins = np.searchsorted(np.asarray(histogram["edges"], dtype=np.float64), values, side="left")
    return np.where(np.isnan(values), len(histogram["counts"]), bins).astype(np.int64)


def _shares(counts: Floats) -> tuple[float, ...]:
    return tuple(float(share) for share in counts / counts.sum())
