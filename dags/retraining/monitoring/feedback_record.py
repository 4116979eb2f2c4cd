"""One line of feedback, checked: a prediction that was logged, or an outcome that became known."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class MalformedLineError(Exception):
    """A line that is no record. Counted, never fatal, and without the line: it may hold feature values."""


@dataclass(frozen=True)
class Prediction:
    """One predicted row; ``weight`` is 1 / probability of having been logged."""

    at: datetime
    request_id: str
    row: int
    model: str
    version: str
    alias: str
    weight: float
    score: float
    decision: float
    features: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of a predicted row: ``label`` 1 for default, 0 for none."""

    request_id: str
    row: int
    label: int
    observed_at: datetime


def read_prediction(line: bytes) -> Prediction:
    """The prediction in a line; MalformedLineError where it is none with a score in 0..1.

    Keys that are not known are passed over: serving may say more one day.
    """
    document = _object(line)
    try:
        outputs = document["outputs"]
        return Prediction(
            at=_moment(document["at"]),
            request_id=_text(document["request_id"]),
            row=_whole(document["row"]),
            model=_text(document["model"]),
            version=_text(document["version"]),
            alias=str(document.get("alias") or ""),
            weight=_within(document.get("weight", 1), 1e-9, 1e9),
            score=_within(outputs["score"], 0, 1),
            decision=_within(outputs["label"], 0, 1) if outputs.get("label") is not None else math.nan,
            features={str(name): value for name, value in document["features"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedLineError(type(error).__name__) from None


def read_outcome(line: bytes) -> Outcome:
    """The outcome in a line; MalformedLineError where it is none."""
    document = _object(line)
    try:
        label = _whole(document["label"])
        if label not in (0, 1):
            raise ValueError("label")
        return Outcome(
            request_id=_text(document["request_id"]),
            row=_whole(document.get("row", 0)),
            label=label,
            observed_at=_moment(document["observed_at"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedLineError(type(error).__name__) from None


def _object(line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedLineError("no JSON") from None
    if not isinstance(document, dict):
        raise MalformedLineError("no object")
    return document


def _moment(value: object) -> datetime:
    """An ISO time with its zone; one without is refused rather than guessed."""
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("text")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise TypeError("whole number")
    return int(value)


def _within(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise TypeError("number")
    return float(value)
