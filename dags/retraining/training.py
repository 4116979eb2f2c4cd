"""Fitting a candidate and scoring with it, the trainer's way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.candidates import Candidate
from retraining.metrics import evaluate_scores
from retraining.schema import FEATURE_NAMES, TARGET
from retraining.split import Split


def matrix_of(frame: pd.DataFrame) -> npt.NDArray[np.float32]:
    """The features ``[rows, features]`` as the graph gets them: float32, exact for every legal value."""
    return frame[FEATURE_NAMES].to_numpy(dtype=np.float32)


def fit(candidate: Candidate, frame: pd.DataFrame, seed: int) -> Any:
    """A fitted classifier. The same rows and seed give the same model, bit for bit on one machine type."""
    model = candidate.build(candidate.parameters, seed)
    return model.fit(matrix_of(frame), frame[TARGET].to_numpy())


def scores_of(model: Any, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The trainer's probability of default of every row."""
    probabilities: npt.NDArray[np.float64] = model.predict_proba(matrix_of(frame))[:, 1].astype(np.float64)
    return probabilities


def part_metrics(model: Any, parts: Split) -> dict[str, float]:
    """All metrics on the holdout and the AUC on the other parts, by name."""
    labels = parts.holdout[TARGET].to_numpy()
    holdout = evaluate_scores(labels, scores_of(model, parts.holdout))
    training = evaluate_scores(parts.training[TARGET].to_numpy(), scores_of(model, parts.training))
    validation = evaluate_scores(parts.validation[TARGET].to_numpy(), scores_of(model, parts.validation))
    return {
        "training_auc": training["auc"],
        "validation_auc": validation["auc"],
        **{f"holdout_{name}": value for name, value in holdout.items()},
    }
