"""Candidates and champion on the same rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.errors import ContractError
from retraining.metrics import evaluate_scores
from retraining.package import Package
from retraining.schema import TARGET
from retraining.scorer import Scorer


@dataclass(frozen=True)
class ChampionEvaluation:
    """The champion's metrics on the holdout, or why it has none; ``version`` is None where there is no champion."""

    version: str | None
    synthetic: bool | None = None
    metrics: dict[str, float] | None = None
    problem: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as JSON values."""
        return asdict(self)


class CannotScoreError(Exception):
    """A package that does not take these rows or does not answer with a score. Reported, never fatal."""


def score_frame(package: Package, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """``score`` of every row, by onnxruntime as serving would; CannotScoreError where the package cannot."""
    manifest = package.manifest
    if manifest["task"] != "binary_classification":
        raise CannotScoreError(f"its task is {manifest['task']}, which has no score")
    names = [feature["name"] for feature in manifest["features"]]
    if missing := [name for name in names if name not in frame]:
        raise CannotScoreError(f"it needs {', '.join(missing)}, which these rows do not have")
    try:
        answers = Scorer.of_package(package.directory, manifest).score_rows(frame[names].to_numpy().tolist())
    except (ContractError, ValueError, TypeError) as error:
        raise CannotScoreError(f"it does not take these rows: {error}") from error
    return answers["score"].astype(np.float64)


def evaluate_package(package: Package, holdout: pd.DataFrame) -> dict[str, float]:
    """The metrics of a package on labelled rows."""
    return evaluate_scores(holdout[TARGET].to_numpy(), score_frame(package, holdout))
