"""The feedback of a window as two tables, in bounded memory."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from retraining.monitoring.feedback_record import (
    MalformedLineError,
    Outcome,
    Prediction,
    read_outcome,
    read_prediction,
)
from retraining.monitoring.feedback_source import FeedbackSource

FEATURE_PREFIX = "feature."
_CHUNK = 10_000
_HASHES = 1 << 64

_PREDICTION_TYPES = {
    "at": "datetime64[us, UTC]",
    "request_id": "string",
    "row": "int64",
    "version": "string",
    "alias": "string",
    "weight": "float64",
    "score": "float64",
    "decision": "float64",
}
_OUTCOME_TYPES = {
    "request_id": "string",
    "row": "int64",
    "label": "int64",
    "observed_at": "datetime64[us, UTC]",
}


@dataclass(frozen=True)
class Feedback:
    """Predictions and outcomes of a window, unjoined.

    ``predictions``: at, request_id, row, version, alias, weight, score (0..1), decision (0, 1 or NaN) and one
    column ``feature.<name>`` for each feature. ``outcomes``: request_id, row, label, observed_at.
    ``counts`` says what was read and what was left out, by reason.
    """

    predictions: pd.DataFrame
    outcomes: pd.DataFrame
    counts: dict[str, int]


@dataclass
class _Thinning:
    """Keeps whole requests by the hash of their id, so that every run and both tables keep the same ones."""

    limit: int
    threshold: int = _HASHES
    chunks: list[pd.DataFrame] = field(default_factory=list)
    rows: int = 0

    def keeps(self, request_id: str) -> bool:
        return _hash(request_id) < self.threshold

    def add(self, chunk: pd.DataFrame) -> None:
        self.chunks.append(chunk)
        self.rows += len(chunk)
        while self.rows > self.limit:
            self.threshold //= 2
            self.chunks = [part[[self.keeps(name) for name in part["request_id"]]] for part in self.chunks]
            self.rows = sum(map(len, self.chunks))

    @property
    def weight(self) -> float:
        """By how much every row that stayed stands for more."""
        return _HASHES / self.threshold


def read_feedback(
    source: FeedbackSource, *, model: str, since: datetime, until: datetime, max_rows: int, skew: timedelta
) -> Feedback:
    """Predictions of ``model`` made in the window and the outcomes that were known at its end.

    At most ``max_rows`` predictions and one chunk of lines are held: beyond it, requests are left out by hash
    and the weights of the others grow, so that shares and rates stay unbiased.
    """
    counts: Counter[str] = Counter()
    thinning = _Thinning(max_rows)
    buffer: list[Prediction] = []
    # A file is opened, and a message stamped, after its row was predicted; by how much the clocks allow.
    for line in source.predictions(since - skew):
        prediction = _prediction(line, model, since, until + skew, counts)
        if prediction is not None and thinning.keeps(prediction.request_id):
            buffer.append(prediction)
            if len(buffer) == _CHUNK:
                thinning.add(_prediction_table(buffer))
                buffer = []
    thinning.add(_prediction_table(buffer))
    table = pd.concat([part for part in thinning.chunks if len(part)] or thinning.chunks[:1], ignore_index=True)
    table["weight"] *= thinning.weight
    counts["predictions"] = len(table)
    known = set(table["request_id"])
    outcomes: list[Outcome] = []
    for line in source.outcomes(since - skew):
        outcome = _outcome(line, until + skew, counts)
        if outcome is None:
            continue
        if outcome.request_id in known:
            outcomes.append(outcome)
        elif thinning.keeps(outcome.request_id):
            counts["outcomes_without_prediction"] += 1
    counts["outcomes"] = len(outcomes)
    return Feedback(_tidy(table), _outcome_table(outcomes), dict(counts))


def _prediction(line: bytes, model: str, since: datetime, until: datetime, counts: Counter[str]) -> Prediction | None:
    try:
        prediction = read_prediction(line)
    except MalformedLineError:
        counts["malformed_predictions"] += 1
        return None
    if prediction.model != model or prediction.at < since:
        return None
    if prediction.at > until:
        counts["predictions_from_the_future"] += 1
        return None
    return prediction


def _outcome(line: bytes, until: datetime, counts: Counter[str]) -> Outcome | None:
    try:
        outcome = read_outcome(line)
    except MalformedLineError:
        counts["malformed_outcomes"] += 1
        return None
    if outcome.observed_at > until:
        counts["outcomes_from_the_future"] += 1
        return None
    return outcome


def _prediction_table(predictions: list[Prediction]) -> pd.DataFrame:
    columns = {name: [getattr(item, name) for item in predictions] for name in _PREDICTION_TYPES}
    table = pd.DataFrame(columns).astype(_PREDICTION_TYPES)
    names = sorted({name for item in predictions for name in item.features})
    features = {FEATURE_PREFIX + name: _column([item.features.get(name) for item in predictions]) for name in names}
    return pd.concat([table, pd.DataFrame(features, index=table.index)], axis=1)


def _column(values: list[Any]) -> Any:
    """Numbers where all are; text otherwise. What is neither counts as missing."""
    if all(value is None or isinstance(value, int | float) for value in values):
        return np.array([math.nan if value is None else float(value) for value in values])
    return pd.array([value if isinstance(value, str) else None for value in values], dtype="string")


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """One type a column, also where chunks disagreed."""
    for column in table.select_dtypes(include="object").columns:
        table[column] = table[column].map(lambda value: value if isinstance(value, str) else None).astype("string")
    return table


def _outcome_table(outcomes: list[Outcome]) -> pd.DataFrame:
    columns = {name: [getattr(item, name) for item in outcomes] for name in _OUTCOME_TYPES}
    return pd.DataFrame(columns).astype(_OUTCOME_TYPES)


def _hash(text: str) -> int:
    """Uniform over 0 to 2**64 - 1, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
