"""Slices: the parts of the clientele on which a model is looked at separately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SliceDefinition:
    """One way of cutting the clientele: by bands of a number or by named sets of codes."""

    name: str
    feature: str
    bands: Sequence[float] = ()
    """Upper edges, inclusive and rising: ``[25, 40]`` makes "up to 25", "26 to 40" and "over 40"."""
    groups: Mapping[str, Sequence[float | str]] | None = None
    """Name -> codes. Codes in no group belong to no slice."""


def slice_masks(definition: SliceDefinition, frame: pd.DataFrame) -> dict[str, Mask]:
    """Group -> which rows belong to it; empty groups are there too. KeyError without the feature.

    A missing value is in no group.
    """
    values = frame[definition.feature].to_numpy()
    if definition.groups is not None:
        return {name: np.isin(values, list(codes)) for name, codes in definition.groups.items()}
    place = np.searchsorted(np.asarray(definition.bands, dtype=np.float64), values, side="left")
    known = ~pd.isna(values)
    return {name: (place == index) & known for index, name in enumerate(_band_names(definition.bands))}


def group_names(definition: SliceDefinition) -> list[str]:
    """All groups, in their order."""
    return _band_names(definition.bands) if definition.groups is None else list(definition.groups)


def _band_names(bands: Sequence[float]) -> list[str]:
    between = [f"over {_plain(low)} to {_plain(high)}" for low, high in pairwise(bands)]
    return [f"up to {_plain(bands[0])}", *between, f"over {_plain(bands[-1])}"]


def _plain(edge: float) -> str:
    return f"{edge:,.0f}" if float(edge).is_integer() else f"{edge:g}"
