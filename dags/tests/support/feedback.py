"""Feedback as serving writes it: lines of predictions and outcomes, and traffic with a known truth."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

START = datetime(2026, 11, 1, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """As JavaScript writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def prediction(request_id: str = "a", **changes: Any) -> dict[str, Any]:
    """A prediction-log line of model ``credit-scoring``, version 7."""
    line = {
        "at": stamp(START),
        "request_id": request_id,
        "row": 0,
        "model": "credit-scoring",
        "version": "7",
        "digest": "sha256:" + "0" * 64,
        "alias": "champion",
        "weight": 1,
        "features": {"LIMIT_BAL": 20000, "AGE": 30, "SEX": 1, "EDUCATION": 2},
        "outputs": {"score": 0.25, "label": 0},
    }
    return line | changes


def outcome(request_id: str = "a", label: int = 1, *, row: int = 0, after_hours: float = 24) -> dict[str, Any]:
    """An outcome line, observed so long after START."""
    observed = stamp(START + timedelta(hours=after_hours))
    return {"received_at": observed, "request_id": request_id, "row": row, "label": label, "observed_at": observed}


def write_feedback(folder: Path, predictions: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> str:
    """Writes both files; returns the folder's URI."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("predictions", predictions), ("outcomes", outcomes)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}-1.jsonl").write_text(text, encoding="utf-8")
    return folder.as_uri()


def traffic(
    rows: int, *, start: datetime = START, hours: float = 24, version: str = "7", seed: int = 1, shift: float = 0.0
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Predictions whose score is the true probability of default, and their outcomes a day later.

    ``shift`` moves ages and limits, and with them the population.
    """
    random = np.random.default_rng(seed)
    scores = random.beta(2, 5, rows)
    labels = random.random(rows) < scores
    predictions, outcomes = [], []
    for index in range(rows):
        at = start + timedelta(hours=hours * index / rows)
        features = {
            "LIMIT_BAL": int(np.exp(random.normal(11.7 + shift, 0.7)) // 1000 * 1000) + 1000,
            "AGE": int(np.clip(random.normal(35 + 12 * shift, 9), 21, 79)),
            "SEX": int(random.integers(1, 3)),
            "EDUCATION": int(random.integers(1, 4)),
        }
        name = f"v{version}-{seed}-{index}"
        score = float(scores[index])
        outputs = {"score": score, "label": int(score >= 0.3)}
        predictions.append(prediction(name, at=stamp(at), version=version, features=features, outputs=outputs))
        observed = stamp(at + timedelta(days=1))
        outcomes.append(outcome(name, int(labels[index])) | {"observed_at": observed, "received_at": observed})
    return predictions, outcomes
