"""What a dossier says, as JSON: ``dossier.json`` is this, and the page is made of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from retraining.evidence import ChampionEvidence, Comparison, Curves, DataEvidence, Evaluation, SliceEvidence
from retraining.gates import GateConfiguration, GateResult, accepted, approval_reason, judge_slices
from retraining.manifest import Lineage

Outcome = Literal["selected", "needs_approval", "accepted", "rejected"]


class MetricRow(TypedDict):
    """One metric of candidate and champion. ``better`` is None where the two cannot be compared or are equal."""

    key: str
    label: str
    higher_is_better: bool
    candidate: float
    champion: float | None
    delta: float | None
    better: bool | None


class SliceRow(SliceEvidence):
    """A slice with what can be said of it; the interval is None where it is not judged."""

    status: str
    low: float | None
    high: float | None


class FamilyRow(TypedDict):
    """A candidate beside its relatives: what a smaller variant gains and what it costs."""

    name: str
    kind: str
    is_this: bool
    auc: float
    auc_gain: float | None
    """Against the model it was made of, as are the next two; None where it was made of none."""
    package_bytes: int
    bytes_change: float | None
    """As a part: -0.5 is half the size."""
    p50_ms: float | None
    p50_change: float | None
    mean_shift: float | None
    outcome: Outcome


class Dossier(TypedDict):
    """``dossier.json``."""

    candidate: str
    variant: Mapping[str, str] | None
    outcome: Outcome
    sentence: str
    synthetic: bool
    gates: list[dict[str, Any]]
    champion: ChampionEvidence
    comparison: Comparison | None
    confidence: float
    metrics: list[MetricRow]
    threshold: float
    curves: Curves
    slices: list[SliceRow]
    margin: float
    data: DataEvidence
    runtime: Mapping[str, Any]
    package_bytes: int
    family: list[FamilyRow]
    cause: str
    cause_report: str | None
    """Address of the report that asked for the run."""
    lineage: Lineage


_METRICS = [
    ("auc", "AUC", True),
    ("pr_auc", "PR-AUC", True),
    ("ks", "KS", True),
    ("brier", "Brier score", False),
    ("log_loss", "Log loss", False),
    ("ece", "Calibration error", False),
]

_CAUSES = {
    "manual": "started by hand or over the API",
    "scheduled": "the schedule",
    "backfill": "a backfill for a past date",
    "asset_triggered": "an event: drift, a loss of quality, an alert or a message asked for it",
}


def dossier_of(
    candidate: str,
    evaluation: Evaluation,
    verdicts: Mapping[str, Sequence[GateResult]],
    selected: str | None,
    configuration: GateConfiguration,
    lineage: Lineage,
    cause: Mapping[str, str],
) -> Dossier:
    """The dossier of one candidate among those that competed; ``cause`` is that of the run, empty without an event."""
    evidence = evaluation["candidates"][candidate]
    champion = evaluation["champion"]
    outcomes = {name: outcome_of(results, name == selected) for name, results in verdicts.items()}
    return {
        "candidate": candidate,
        "variant": {"of": evidence["variant"]["of"], "kind": evidence["variant"]["kind"]}
        if evidence["variant"]
        else None,
        "outcome": outcomes[candidate],
        "sentence": _sentence(outcomes[candidate], verdicts[candidate], selected),
        "synthetic": evaluation["data"]["synthetic"],
        "gates": [result.as_dict() for result in verdicts[candidate]],
        "champion": champion,
        "comparison": evidence["comparison"],
        "confidence": configuration.champion_comparison.confidence,
        "metrics": [_metric(row, evidence["metrics"], champion["metrics"]) for row in _METRICS],
        "threshold": evidence["threshold"],
        "curves": evidence["curves"],
        "slices": _slices(evidence["slices"], configuration),
        "margin": configuration.non_inferiority.margin,
        "data": evaluation["data"],
        "runtime": evidence["runtime"],
        "package_bytes": evidence["package_bytes"],
        "family": _family(candidate, evaluation, outcomes),
        "cause": cause_of(lineage["dag_run_id"], cause),
        "cause_report": cause.get("report_url"),
        "lineage": lineage,
    }


def outcome_of(results: Sequence[GateResult], selected: bool) -> Outcome:
    """What became of a candidate."""
    if not accepted(results):
        return "rejected"
    if approval_reason(results):
        return "needs_approval"
    return "selected" if selected else "accepted"


def cause_of(dag_run_id: str | None, cause: Mapping[str, str]) -> str:
    """Why the run took place: what the event said that asked for it, else the type that Airflow begins its id with."""
    if said := ": ".join(cause[key] for key in ("cause", "reason") if cause.get(key)):
        return said
    return _CAUSES.get((dag_run_id or "").partition("__")[0], "not known")


def _sentence(outcome: Outcome, results: Sequence[GateResult], selected: str | None) -> str:
    failed = [result.name for result in results if result.verdict == "failed"]
    doubts = [result.name for result in results if result.verdict == "needs_approval"]
    match outcome:
        case "rejected":
            instead = f"{selected} is registered instead." if selected else "The champion stays."
            return f"{len(failed)} of {len(results)} gates failed: {', '.join(failed)}. {instead}"
        case "needs_approval":
            return f"No gate failed, but a person has to agree before it becomes champion: {', '.join(doubts)}."
        case "selected":
            return "Every gate that applies is passed. It is registered and may become champion."
        case "accepted":
            return f"Every gate that applies is passed; {selected} is better and is registered instead."


def _metric(
    row: tuple[str, str, bool], metrics: Mapping[str, float], champion: Mapping[str, float] | None
) -> MetricRow:
    key, label, higher = row
    value, other = metrics[key], champion[key] if champion else None
    delta = None if other is None else value - other
    better = None if not delta else (delta > 0) == higher
    return {
        "key": key,
        "label": label,
        "higher_is_better": higher,
        "candidate": value,
        "champion": other,
        "delta": delta,
        "better": better,
    }


def _slices(slices: Sequence[SliceEvidence], configuration: GateConfiguration) -> list[SliceRow]:
    judged = judge_slices(slices, configuration.non_inferiority)
    return [
        {**item, "status": judgement.status, "low": judgement.low, "high": judgement.high}
        for item, judgement in zip(slices, judged, strict=True)
    ]


def _family(candidate: str, evaluation: Evaluation, outcomes: Mapping[str, Outcome]) -> list[FamilyRow]:
    """All candidates of the run, each followed by what was made of it."""
    rows: list[FamilyRow] = []
    for name, evidence in evaluation["candidates"].items():
        fidelity = evidence["fidelity"]
        parent = evaluation["candidates"].get(evidence["variant"]["of"]) if evidence["variant"] else None
        rows.append(
            {
                "name": name,
                "kind": evidence["variant"]["kind"] if evidence["variant"] else "",
                "is_this": name == candidate,
                "auc": evidence["metrics"]["auc"],
                "auc_gain": evidence["metrics"]["auc"] - parent["metrics"]["auc"] if parent else None,
                "package_bytes": evidence["package_bytes"],
                "bytes_change": _change(evidence["package_bytes"], parent["package_bytes"] if parent else None),
                "p50_ms": evidence["runtime"].get("p50_ms"),
                "p50_change": _change(
                    evidence["runtime"].get("p50_ms"), parent["runtime"].get("p50_ms") if parent else None
                ),
                "mean_shift": fidelity["mean_shift"] if fidelity else None,
                "outcome": outcomes[name],
            }
        )
    return rows


def _change(value: float | None, before: float | None) -> float | None:
    return value / before - 1 if value is not None and before else None
