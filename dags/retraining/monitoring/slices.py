"""The slices of the gates, in live rows: each with a name that is safe as a label and as a metric's key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.monitoring.feedback import FEATURE_PREFIX
from retraining.slices import SliceDefinition, group_names, slice_masks

ALL = "all"
"""The slice that holds every row."""


def slice_names(slices: Sequence[SliceDefinition]) -> list[str]:
    """All names there can be: the closed set of the label ``slice``."""
    return [ALL, *(_label(definition.name, group) for definition in slices for group in group_names(definition))]


def slices_of(rows: pd.DataFrame, slices: Sequence[SliceDefinition]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Name and mask ``[rows]`` of every slice; none of a feature that is redacted or holds text."""
    yield ALL, np.ones(len(rows), dtype=np.bool_)
    features = rows.rename(columns=lambda name: str(name).removeprefix(FEATURE_PREFIX))
    for definition in slices:
        if FEATURE_PREFIX + definition.feature not in rows:
            continue
        if not pd.api.types.is_numeric_dtype(rows[FEATURE_PREFIX + definition.feature]):
            continue
        for group, mask in slice_masks(definition, features[[definition.feature]]).items():
            yield _label(definition.name, group), mask


def _label(name: str, group: str) -> str:
    """``age`` and "over 25 to 35" make ``age_over_25_to_35``."""
    return re.sub(r"[^a-z0-9]+", "_", f"{name}_{group.replace(',', '')}".lower()).strip("_")
