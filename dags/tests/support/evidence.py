"""Evidence of a good candidate against a weaker champion, to be changed by a test."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from retraining.evidence import Evaluation, Evidence, evidence_of

CANDIDATE = "gradient_boosting"


def curves() -> dict[str, Any]:
    """Curves of a handful of points."""
    return {
        "auc_interval": [0.76, 0.8],
        "roc": [
            {"false_positive_rate": 0.0, "true_positive_rate": 0.0},
            {"false_positive_rate": 0.2, "true_positive_rate": 0.6},
            {"false_positive_rate": 1.0, "true_positive_rate": 1.0},
        ],
        "calibration": [
            {"mean_score": 0.1, "observed": 0.11, "low": 0.08, "high": 0.14, "rows": 500},
            {"mean_score": 0.5, "observed": 0.48, "low": 0.43, "high": 0.53, "rows": 500},
        ],
        "scores": {"edges": [0.0, 0.5, 1.0], "paid": [0.9, 0.1], "defaulted": [0.4, 0.6]},
    }


def slice_evidence(name: str, group: str, **changes: Any) -> dict[str, Any]:
    """A slice on which the candidate is a little better."""
    return {
        "slice": name,
        "group": group,
        "rows": 1000,
        "defaults": 200,
        "auc": 0.78,
        "approval_rate": 0.75,
        "opportunity": 0.86,
        "champion_auc": 0.77,
        "gain": 0.01,
        "standard_error": 0.005,
    } | changes


def evaluation(*, with_champion: bool = True, **changes: Any) -> Evaluation:
    """``evaluation.json`` of one candidate; ``changes`` are merged into its ``data``, ``champion``, ``candidate``."""
    metrics = {"auc": 0.78, "pr_auc": 0.55, "ks": 0.43, "brier": 0.135, "log_loss": 0.43, "ece": 0.01}
    slices = [slice_evidence("sex", "men"), slice_evidence("sex", "women"), slice_evidence("age", "up to 25")]
    if not with_champion:
        slices = [item | {"champion_auc": None, "gain": None, "standard_error": None} for item in slices]
    document: dict[str, Any] = {
        "data": {
            "rows": 6000,
            "defaults": 1320,
            "synthetic": False,
            "window": {"start": None, "end": None},
            "as_of": "2026-01-31T00:00:00+00:00",
            "feature_auc": {"PAY_0": 0.69, "LIMIT_BAL": 0.6},
            "feature_drift": {"AGE": 0.03, "LIMIT_BAL": 0.01} if with_champion else {},
        },
        "champion": {
            "version": "4" if with_champion else None,
            "synthetic": False if with_champion else None,
            "metrics": metrics | {"auc": 0.77} if with_champion else None,
            "problem": None,
        }
        | ({"curves": curves(), "package_bytes": 400_000} if with_champion else {}),
        "candidates": {
            CANDIDATE: {
                "variant": None,
                "metrics": metrics,
                "curves": curves(),
                "threshold": 0.22,
                "package_bytes": 500_000,
                "conversion_difference": 1e-7,
                "fidelity": None,
                "runtime": {
                    "load_ms": 20.0,
                    "p50_ms": 0.02,
                    "p90_ms": 0.03,
                    "p99_ms": 0.05,
                    "rows_per_second": 300_000.0,
                },
                "comparison": {
                    "auc": 0.78,
                    "champion_auc": 0.77,
                    "gain": 0.01,
                    "standard_error": 0.003,
                    "p_value": 0.0004,
                }
                if with_champion
                else None,
                "slices": slices,
                "stability": {"psi": 0.03, "mean_shift": 0.002, "champion_calibration_error": 0.012}
                if with_champion
                else None,
                "signature": {
                    "kind": "identical",
                    "breaking": [],
                    "compatible": [],
                    "version": "1.0",
                    "champion_version": "1.0",
                }
                if with_champion
                else None,
            }
        },
    }
    _merge(document["data"], changes.get("data", {}))
    _merge(document["champion"], changes.get("champion", {}))
    _merge(document["candidates"][CANDIDATE], changes.get("candidate", {}))
    result: Evaluation = deepcopy(document)  # type: ignore[assignment]
    return result


def evidence(*, with_champion: bool = True, **changes: Any) -> Evidence:
    """The evidence of that candidate."""
    return evidence_of(evaluation(with_champion=with_champion, **changes), CANDIDATE)


def _merge(target: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value
