"""Predictions with their outcomes, by request and row: which version said what, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.monitoring.feedback import Feedback

KEY = ["request_id", "row"]


@dataclass(frozen=True)
class Joined:
    """``rows``: the predictions with ``label`` (0, 1 or NaN: not known) and ``observed_at``; what was left out."""

    rows: pd.DataFrame
    counts: dict[str, int]


def join(feedback: Feedback, skew: timedelta) -> Joined:
    """Attributes outcomes to the predictions they belong to.

    - An outcome that was sent again with a later ``observed_at`` replaces the earlier one.
    - Two labels for the same moment contradict each other: the row stays without a label and is counted.
    - An outcome observed before its prediction, beyond the clocks' tolerance, is not one of it: counted. Where
      only a day is known of it, midnight stands for the day, which may be the prediction's own.
    - A prediction that was delivered twice counts once. Two different predictions under one id cannot be told
      apart by an outcome: both stay, for drift, and neither gets a label.
    """
    predictions = feedback.predictions.drop_duplicates([*KEY, "at", "version"])
    ambiguous = predictions.duplicated(KEY, keep=False).to_numpy()
    rows = predictions.merge(_settled(feedback.outcomes), on=KEY, how="left")
    early = _before(rows, skew)
    contradictory = rows.pop("contradictory").eq(True).to_numpy()
    counts = {
        "repeated_predictions": len(feedback.predictions) - len(predictions),
        "ambiguous_predictions": int(ambiguous.sum()),
        "contradictory_outcomes": int(contradictory.sum()),
        "outcomes_before_prediction": int((early & ~contradictory).sum()),
    }
    rows.loc[early | ambiguous | contradictory, "label"] = float("nan")
    rows.loc[rows["label"].isna(), "observed_at"] = pd.NaT
    counts["labelled"] = int(rows["label"].notna().sum())
    return Joined(rows, counts)


def _before(rows: pd.DataFrame, skew: timedelta) -> npt.NDArray[np.bool_]:
    """Which outcomes were observed before their prediction was made."""
    same_day = rows["observed_at"] == rows["at"].dt.floor("D")
    before: npt.NDArray[np.bool_] = ((rows["observed_at"] < rows["at"] - skew) & ~same_day).to_numpy()
    return before


def _settled(outcomes: pd.DataFrame) -> pd.DataFrame:
    """One row per key: the latest label, and whether the latest moment has two different ones."""
    latest = outcomes[outcomes["observed_at"] == outcomes.groupby(KEY)["observed_at"].transform("max")]
    settled = latest.groupby(KEY, as_index=False, sort=False).agg(
        label=("label", "min"), highest=("label", "max"), observed_at=("observed_at", "first")
    )
    settled["contradictory"] = settled["label"] != settled.pop("highest")
    return settled.astype({"label": "float64"})
