"""Candidate against champion, on the same rows."""

from __future__ import annotations

from retraining.evidence import Evidence
from retraining.gates.configuration import ChampionComparison, NonInferiority, Stability
from retraining.gates.result import GateResult, Verdict
from retraining.gates.slice_judgement import judge_slices


def champion_comparison(evidence: Evidence, configuration: ChampionComparison) -> GateResult:
    """The candidate is better, by enough to be worth a swap and by more than chance gives."""
    auc = evidence.candidate["metrics"]["auc"]
    threshold = {"min_auc_gain": configuration.min_auc_gain, "confidence": configuration.confidence}
    compared = evidence.candidate["comparison"]
    if compared is None:
        return _not_compared("champion_comparison", evidence, {"auc": auc}, threshold)
    gain, p_value = compared["gain"], compared["p_value"]
    # A gain of exactly the threshold passes, also where the subtraction is off in its last bit.
    enough = gain >= configuration.min_auc_gain - 1e-12
    sure = p_value <= 1 - configuration.confidence + 1e-12
    reason = (
        f"holdout AUC {compared['auc']:.4f} against {compared['champion_auc']:.4f} of champion version"
        f" {evidence.champion['version']}: a gain of {gain:+.4f}, at least {configuration.min_auc_gain:+.4f} is needed;"
        f" p = {p_value:.2g} that chance alone gives as much, at most {1 - configuration.confidence:.2g} is allowed"
    )
    numbers = {
        "auc": compared["auc"],
        "champion_auc": compared["champion_auc"],
        "gain": gain,
        "standard_error": compared["standard_error"],
        "p_value": p_value,
    }
    return GateResult("champion_comparison", "passed" if enough and sure else "failed", numbers, threshold, reason)


def non_inferiority(evidence: Evidence, configuration: NonInferiority) -> GateResult:
    """The candidate is on no slice worse than the champion."""
    threshold = {"margin": configuration.margin, "confidence": configuration.confidence}
    if evidence.candidate["comparison"] is None:
        return _not_compared("non_inferiority", evidence, {}, threshold)
    slices = judge_slices(evidence.candidate["slices"], configuration)
    named = {
        status: [f"{item.slice} {item.group} ({item.gain:+.4f})" for item in slices if item.status == status]
        for status in ("worse", "inconclusive")
    }
    judged = [item for item in slices if item.status != "not_judged"]
    numbers = {
        "slices": float(len(slices)),
        "judged": float(len(judged)),
        "worse": float(len(named["worse"])),
        "inconclusive": float(len(named["inconclusive"])),
    }
    if not judged:
        reason = "no slice has enough rows and defaults to be judged"
        return GateResult("non_inferiority", "not_applicable", numbers, threshold, reason)
    verdict: Verdict = "passed"
    reason = f"worse than the champion by more than {configuration.margin:g} AUC on none of {len(judged)} slices"
    if named["worse"]:
        verdict = "failed"
        reason = f"worse than the champion on {'; '.join(named['worse'])}: a loss above {configuration.margin:g} AUC"
        reason += " cannot be excluded"
    elif named["inconclusive"]:
        verdict = configuration.when_inconclusive
        reason += f"; too few rows to be sure of {'; '.join(named['inconclusive'])}"
    if skipped := len(slices) - len(judged):
        reason += f"; {skipped} too small to be judged"
    return GateResult("non_inferiority", verdict, numbers, threshold, reason)


def stability(evidence: Evidence, configuration: Stability, max_calibration_error: float) -> GateResult:
    """Scores are where those who use them expect them."""
    threshold = {"approval_above_psi": configuration.approval_above_psi, "max_psi": configuration.max_psi}
    seen = evidence.candidate["stability"]
    if seen is None:
        return _not_compared("stability", evidence, {}, threshold)
    numbers = {
        "psi": seen["psi"],
        "mean_shift": seen["mean_shift"],
        "champion_calibration_error": seen["champion_calibration_error"],
    }
    moved = f"PSI of the scores against the champion's {seen['psi']:.3f}, mean shift {seen['mean_shift']:+.4f}"
    if seen["champion_calibration_error"] > max_calibration_error:
        reason = f"the champion is off by {seen['champion_calibration_error']:.4f} on these rows; {moved}"
        return GateResult("stability", "not_applicable", numbers, threshold, reason)
    verdict: Verdict = "failed"
    if seen["psi"] <= configuration.approval_above_psi:
        verdict = "passed"
    elif seen["psi"] <= configuration.max_psi:
        verdict = "needs_approval"
    reason = f"{moved}; above {configuration.approval_above_psi:g} a person decides, above"
    reason += f" {configuration.max_psi:g} it is refused"
    return GateResult("stability", verdict, numbers, threshold, reason)


def _not_compared(name: str, evidence: Evidence, numbers: dict[str, float], threshold: dict[str, float]) -> GateResult:
    version = evidence.champion["version"]
    reason = "there is no champion" if version is None else f"champion version {version} cannot score these rows"
    return GateResult(name, "not_applicable", numbers, threshold, f"{reason}; the floors decide")
