"""Floors that hold whatever the champion does."""

from __future__ import annotations

from retraining.evidence import Evidence
from retraining.gates.configuration import Calibration, Discrimination
from retraining.gates.result import GateResult


def discrimination(evidence: Evidence, configuration: Discrimination) -> GateResult:
    """The candidate ranks well enough."""
    metrics = evidence.candidate["metrics"]
    auc, ks = metrics["auc"], metrics["ks"]
    lift = metrics["pr_auc"] / default_rate(evidence)
    passed = auc >= configuration.min_auc and lift >= configuration.min_pr_auc_lift and ks >= configuration.min_ks
    return GateResult(
        "discrimination",
        "passed" if passed else "failed",
        {"auc": auc, "pr_auc_lift": lift, "ks": ks},
        {
            "min_auc": configuration.min_auc,
            "min_pr_auc_lift": configuration.min_pr_auc_lift,
            "min_ks": configuration.min_ks,
        },
        f"holdout AUC {auc:.4f}, PR-AUC {lift:.2f} times the share of defaults, KS {ks:.3f};"
        f" at least {configuration.min_auc:.4f}, {configuration.min_pr_auc_lift:.2f} and {configuration.min_ks:.3f}"
        " are needed",
    )


def calibration(evidence: Evidence, configuration: Calibration) -> GateResult:
    """Scores mean what they say: they are read as probabilities."""
    metrics = evidence.candidate["metrics"]
    error, skill = metrics["ece"], brier_skill(evidence)
    passed = error <= configuration.max_calibration_error and skill >= configuration.min_brier_skill
    return GateResult(
        "calibration",
        "passed" if passed else "failed",
        {"calibration_error": error, "brier": metrics["brier"], "brier_skill": skill},
        {
            "max_calibration_error": configuration.max_calibration_error,
            "min_brier_skill": configuration.min_brier_skill,
        },
        f"expected calibration error {error:.4f}, at most {configuration.max_calibration_error:.4f} is allowed;"
        f" Brier skill {skill:.3f}, at least {configuration.min_brier_skill:.3f} is needed",
    )


def default_rate(evidence: Evidence) -> float:
    """Share of defaults among the holdout rows, above 0."""
    return evidence.data["defaults"] / evidence.data["rows"]


def brier_skill(evidence: Evidence) -> float:
    """1 minus the Brier score over that of giving everybody the average.

    A. H. Murphy, Skill scores based on the mean square error, Monthly Weather Review 116, 1988.
    """
    rate = default_rate(evidence)
    return 1 - evidence.candidate["metrics"]["brier"] / (rate * (1 - rate))
