"""Groups of people are treated alike."""

from __future__ import annotations

from retraining.evidence import Evidence, SliceEvidence
from retraining.gates.configuration import Fairness
from retraining.gates.result import GateResult

_LAST_BIT = 1e-12
"""Exactly the threshold passes, also where a division is off in its last bit."""


def fairness(evidence: Evidence, configuration: Fairness) -> GateResult:
    """Every group is known to the model, and none is approved much more rarely than another.

    Approval rates are held to the four-fifths rule (29 CFR 1607.4 D, 1978), the shares approved among those
    who paid to equality of opportunity (Hardt, Price, Srebro 2016, whose example is credit too). Whether a
    difference is justified is not for a program to say: it stops what nobody has looked at.
    """
    threshold = {
        "min_group_auc": configuration.min_group_auc,
        "min_approval_ratio": configuration.min_approval_ratio,
        "max_opportunity_gap": configuration.max_opportunity_gap,
    }
    faults: list[str] = []
    aucs: list[float] = []
    ratios: list[float] = []
    gaps: list[float] = []
    for attribute in configuration.attributes:
        groups = [item for item in evidence.candidate["slices"] if _judged(item, attribute, configuration)]
        aucs += [_known(item["auc"]) for item in groups]
        for item in groups:
            if not _known(item["auc"]) >= configuration.min_group_auc:
                faults.append(f"AUC {_known(item['auc']):.3f} for {attribute} {item['group']}")
        if len(groups) < 2:
            continue
        approved = {item["group"]: _known(item["approval_rate"]) for item in groups}
        paid = {item["group"]: _known(item["opportunity"]) for item in groups}
        ratio = min(approved.values()) / max(max(approved.values()), 1e-12)
        gap = max(paid.values()) - min(paid.values())
        ratios.append(ratio)
        gaps.append(gap)
        rarest, widest = min(approved, key=approved.__getitem__), min(paid, key=paid.__getitem__)
        if not ratio >= configuration.min_approval_ratio - _LAST_BIT:
            faults.append(f"{attribute} {rarest} is approved {ratio:.2f} times as often as the most approved group")
        if not gap <= configuration.max_opportunity_gap + _LAST_BIT:
            faults.append(f"of those who paid, {attribute} {widest} is approved less often by {gap:.2f}")
    if not aucs:
        return GateResult("fairness", "not_applicable", {}, threshold, "no group has enough rows and defaults")
    numbers = {"worst_group_auc": min(aucs)}
    reason = f"worst group's AUC {min(aucs):.3f}, at least {configuration.min_group_auc:g} is needed"
    if ratios:
        numbers |= {"approval_ratio": min(ratios), "opportunity_gap": max(gaps)}
        reason += (
            f"; lowest approval rate over highest {min(ratios):.2f}, at least {configuration.min_approval_ratio:g};"
            f" among those who paid approval differs by {max(gaps):.2f}, at most {configuration.max_opportunity_gap:g}"
        )
    if faults:
        return GateResult("fairness", "failed", numbers, threshold, "; ".join(faults) + f" ({reason})")
    return GateResult("fairness", "passed", numbers, threshold, reason)


def _judged(item: SliceEvidence, attribute: str, configuration: Fairness) -> bool:
    return (
        item["slice"] == attribute
        and item["auc"] is not None
        and item["rows"] >= configuration.min_rows
        and item["defaults"] >= configuration.min_defaults
        and item["rows"] - item["defaults"] >= configuration.min_defaults
    )


def _known(value: float | None) -> float:
    return float("nan") if value is None else value
