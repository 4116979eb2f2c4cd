"""Which rows are for training, for validation and for the holdout.

Membership is a property of the client's id, not of the run: a champion trained earlier on the same
clients has never seen a holdout row, so that comparing it with a candidate on the holdout is fair.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retraining.errors import RetrainingError
from retraining.schema import ID, TARGET

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
    bucket = np.array([_bucket(client) for client in frame[ID]])
    holdout = bucket < HOLDOUT_PERCENT
    validation = ~holdout & (bucket < HOLDOUT_PERCENT + VALIDATION_PERCENT)
    parts = Split(
        training=frame[~holdout & ~validation].reset_index(drop=True),
        validation=frame[validation].reset_index(drop=True),
        holdout=frame[holdout].reset_index(drop=True),
    )
    _check_balance(parts)
    return parts


def _bucket(client: int) -> int:
    """0 to 99, uniform over ids whatever their pattern."""
    digest = hashlib.sha256(f"{_SALT}:{int(client)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100


def _check_balance(parts: Split) -> None:
    rates = {name: part[TARGET].mean() for name, part in vars(parts).items()}
    for name, part in vars(parts).items():
        if part[TARGET].nunique() < 2:
            raise RetrainingError(f"the {name} part has {len(part)} rows and one class at most: too little data")
    # Small parts differ by chance: three standard errors are allowed on top of the fixed bound.
    rate = rates["training"]
    allowed = _LARGEST_CLASS_DIFFERENCE + 3 * float(np.sqrt(rate * (1 - rate) / len(parts.holdout)))
    if abs(rates["holdout"] - rate) > allowed:
        raise RetrainingError(
            f"defaults are {rates['holdout']:.1%} of the holdout and {rate:.1%} of training:"
            " the ids are not independent of the outcome"
        )
