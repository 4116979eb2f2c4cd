"""Candidates and champion on the same rows: the evidence that the gates and the dossier read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.delong import paired_auc
from retraining.errors import ContractError
from retraining.evidence import Comparison, Fidelity, SignatureEvidence, SliceEvidence, StabilityEvidence
from retraining.manifest import Histogram, Manifest
from retraining.metrics import Numbers
from retraining.package import Package
from retraining.population_stability import histogram_stability, score_stability
from retraining.schema import TARGET
from retraining.scorer import Scorer
from retraining.signature import signature_change
from retraining.slices import SliceDefinition, slice_masks

_LEAST_OF_A_CLASS = 2
"""Rows of each class that an AUC with a spread needs."""


class CannotScoreError(Exception):
    """A package that does not take these rows or does not answer with a score. Reported, never fatal."""


@dataclass(frozen=True)
class Scored:
    """What a package says about labelled rows."""

    manifest: Manifest
    scores: npt.NDArray[np.float64]

    @property
    def threshold(self) -> float:
        """A score from here on is a refusal."""
        return float(self.manifest["decision"]["threshold"])


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


def score_package(package: Package, frame: pd.DataFrame) -> Scored:
    """The package's scores of every row; CannotScoreError where it cannot."""
    return Scored(package.manifest, score_frame(package, frame))


def compare(labels: Numbers, candidate: Scored, champion: Scored | None) -> Comparison | None:
    """DeLong's paired test of the two; None without a champion."""
    if champion is None:
        return None
    paired = paired_auc(labels, candidate.scores, champion.scores)
    return {
        "auc": paired.auc,
        "champion_auc": paired.other_auc,
        "gain": paired.gain,
        "standard_error": paired.standard_error,
        "p_value": paired.p_value,
    }


def evaluate_slices(
    frame: pd.DataFrame, definitions: Sequence[SliceDefinition], candidate: Scored, champion: Scored | None
) -> list[SliceEvidence]:
    """Every slice of the labelled rows, in the definitions' order."""
    labels = frame[TARGET].to_numpy()
    found: list[SliceEvidence] = []
    for definition in definitions:
        for group, mask in slice_masks(definition, frame).items():
            found.append(_evaluate_slice(definition.name, group, labels, mask, candidate, champion))
    return found


def _evaluate_slice(
    name: str,
    group: str,
    labels: Numbers,
    mask: npt.NDArray[np.bool_],
    candidate: Scored,
    champion: Scored | None,
) -> SliceEvidence:
    inside, scores = labels[mask], candidate.scores[mask]
    rows, defaults = len(inside), int(inside.sum())
    approved = scores < candidate.threshold
    found: SliceEvidence = {
        "slice": name,
        "group": group,
        "rows": rows,
        "defaults": defaults,
        "auc": None,
        "approval_rate": float(approved.mean()) if rows else None,
        "opportunity": float(approved[inside == 0].mean()) if rows > defaults else None,
        "champion_auc": None,
        "gain": None,
        "standard_error": None,
    }
    if min(defaults, rows - defaults) < _LEAST_OF_A_CLASS:
        return found
    paired = paired_auc(inside, scores, scores if champion is None else champion.scores[mask])
    found["auc"] = paired.auc
    if champion is not None:
        found["champion_auc"], found["gain"] = paired.other_auc, paired.gain
        found["standard_error"] = paired.standard_error
    return found


def evaluate_stability(
    candidate: Scored, champion: Scored | None, champion_metrics: dict[str, float] | None
) -> StabilityEvidence | None:
    """How far the scores have moved from the champion's; None without one."""
    if champion is None or champion_metrics is None:
        return None
    return {
        "psi": score_stability(champion.scores, candidate.scores),
        "mean_shift": float(np.mean(candidate.scores - champion.scores)),
        "champion_calibration_error": champion_metrics["ece"],
    }


def evaluate_signature(
    candidate: Manifest, champion: Manifest | None, version: str, champion_version: str
) -> SignatureEvidence | None:
    """What the change of the signature means for callers; None where the champion's is not known."""
    if champion is None:
        return None
    change = signature_change(candidate, champion)
    return {
        "kind": change.kind,
        "breaking": change.breaking,
        "compatible": change.compatible,
        "version": version,
        "champion_version": champion_version,
    }


def evaluate_fidelity(parent: str, scores: Numbers, parent_scores: Numbers) -> Fidelity:
    """How far a variant's scores are from those of the model it was made of."""
    shift = np.abs(np.asarray(scores) - np.asarray(parent_scores))
    return {"parent": parent, "mean_shift": float(shift.mean()), "largest_shift": float(shift.max())}


def feature_drift(reference: dict[str, Histogram], frame: pd.DataFrame) -> dict[str, float]:
    """PSI of every feature that both know, the most moved first."""
    moved = {
        name: histogram_stability(histogram, frame[name].to_numpy())
        for name, histogram in reference.items()
        if name in frame
    }
    return dict(sorted(moved.items(), key=lambda entry: -entry[1]))
