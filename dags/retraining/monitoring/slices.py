"""Parts of the population by a feature's value, each with a name that is safe as a label and as a metric's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.monitoring.configuration import SliceConfiguration
from retraining.monitoring.feedback import FEATURE_PREFIX

ALL = "all"
"""The slice that holds every row."""


def slice_names(slices: Mapping[str, SliceConfiguration]) -> list[str]:
    """All names there can be: the closed set of the label ``slice``."""
    names = [ALL]
    for name, configured in slices.items():
        names += [label for label, _, _ in _bands(name, configured.bands)]
        names += [f"{name}_{group}" for group in configured.codes]
    return names


def slices_of(
    rows: pd.DataFrame, slices: Mapping[str, SliceConfiguration]
) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Name and mask ``[rows]`` of every slice; none of a feature that is redacted or holds text."""
    yield ALL, np.ones(len(rows), dtype=np.bool_)
    for name, configured in slices.items():
        column = FEATURE_PREFIX + configured.feature
        if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
            continue
        values: npt.NDArray[Any] = rows[column].to_numpy(dtype=np.float64)
        for label, low, high in _bands(name, configured.bands):
            yield label, (values >= low) & (values < high)
        for group, codes in configured.codes.items():
            yield f"{name}_{group}", np.isin(values, codes)


def _bands(name: str, bounds: tuple[float, ...]) -> Iterator[tuple[str, float, float]]:
    """``name_18_26`` is 18 up to, not including, 26; the last band is open."""
    for low, high in pairwise(bounds):
        yield f"{name}_{_shown(low)}_{_shown(high)}", low, high
    if bounds:
        yield f"{name}_from_{_shown(bounds[-1])}", bounds[-1], float("inf")


def _shown(bound: float) -> str:
    return f"{bound:g}" if bound != int(bound) else str(int(bound))
