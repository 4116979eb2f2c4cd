"""Which rows are for training, for validation and for the holdout.

What both rules have in common is what a comparison rests on: **no champion may have seen a holdout row**, whichever
run made it, since a model judged on rows that it has learnt looks better than it is.

- *Where the rows have a time*, the newest fifth is held out and the part before it validates: a model is judged on
  the future of what it was trained on, as it will be used. A champion trained earlier ended earlier: as rows are
  added, the boundaries only move on, and the validation part lies between as a margin.
- *Without a time*, membership is a property of the client's id, not of the run or its seed. A stratified draw with a
  fixed seed would be fair within one table only: with rows added or removed it deals anew, and the next holdout
  holds rows that the champion learnt. A hash of the id gives every row its part for ever. What stratifying buys, equal
  shares of defaults, a hash of thousands of ids has within chance, and that is checked here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.errors import RetrainingError
from retraining.schema import APPLIED_AT, ID, TARGET

HOLDOUT_PERCENT = 20
VALIDATION_PERCENT = 12
_LARGEST_CLASS_DIFFERENCE = 0.05
_SALT = "credit-scoring/1"
"""Changing it moves rows between the parts and makes comparisons with older champions unfair."""


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of a table; ``validation`` chooses the threshold, ``holdout`` judges."""

    training: pd.DataFrame
    validation: pd.DataFrame
    holdout: pd.DataFrame


def split(frame: pd.DataFrame) -> Split:
    """The parts of a validated table; RetrainingError where one of them could not be used."""
    if APPLIED_AT in frame:
        return _split_by_time(frame)
    bucket = np.array([_bucket(client) for client in frame[ID]])
    holdout = bucket < HOLDOUT_PERCENT
    validation = ~holdout & (bucket < HOLDOUT_PERCENT + VALIDATION_PERCENT)
    parts = Split(
        training=frame[~holdout & ~validation].reset_index(drop=True),
        validation=frame[validation].reset_index(drop=True),
        holdout=frame[holdout].reset_index(drop=True),
    )
    _check_classes(parts)
    _check_balance(parts)
    return parts


def _split_by_time(frame: pd.DataFrame) -> Split:
    """The newest rows are held out. A day (UTC) is never divided: its rows share weather, campaigns and faults.

    Each part therefore begins at the start of a day, the one that comes nearest to its share. Whether the shares of
    defaults are alike is not asked: that they change with time is what such a holdout is there to show.
    """
    rows = frame.sort_values([APPLIED_AT, ID], ignore_index=True)
    days = rows[APPLIED_AT].dt.floor("D")
    starts = np.flatnonzero(days != days.shift())
    holdout = _nearest(starts, len(rows) * (100 - HOLDOUT_PERCENT) / 100)
    validation = _nearest(starts, len(rows) * (100 - HOLDOUT_PERCENT - VALIDATION_PERCENT) / 100)
    parts = Split(
        training=rows.iloc[:validation].reset_index(drop=True),
        validation=rows.iloc[validation:holdout].reset_index(drop=True),
        holdout=rows.iloc[holdout:].reset_index(drop=True),
    )
    _check_classes(parts)
    return parts


def _nearest(starts: npt.NDArray[np.intp], wanted: float) -> int:
    return int(starts[np.argmin(np.abs(starts - wanted))])


def _bucket(client: int) -> int:
    """0 to 99, uniform over ids whatever their pattern."""
    digest = hashlib.sha256(f"{_SALT}:{int(client)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100


def _check_classes(parts: Split) -> None:
    for name, part in vars(parts).items():
        if part[TARGET].nunique() < 2:
            raise RetrainingError(f"the {name} part has {len(part)} rows and one class at most: too little data")


def _check_balance(parts: Split) -> None:
    rates = {name: part[TARGET].mean() for name, part in vars(parts).items()}
    # Small parts differ by chance: three standard errors are allowed on top of the fixed bound.
    rate = rates["training"]
    allowed = _LARGEST_CLASS_DIFFERENCE + 3 * float(np.sqrt(rate * (1 - rate) / len(parts.holdout)))
    if abs(rates["holdout"] - rate) > allowed:
        raise RetrainingError(
            f"defaults are {rates['holdout']:.1%} of the holdout and {rate:.1%} of training:"
            " the ids are not independent of the outcome"
        )
