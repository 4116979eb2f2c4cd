"""The promotion dossier: all gates' evidence on one page, for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retraining.gates import GateResult
from retraining.manifest import Lineage

_MARKS = {"passed": "passed", "failed": "FAILED", "needs_approval": "NEEDS APPROVAL", "not_applicable": "n/a"}


def write_dossier(
    lineage: Lineage,
    evaluation: Mapping[str, Any],
    verdicts: Mapping[str, Sequence[GateResult]],
    selected: str | None,
) -> str:
    """The dossier as Markdown. ``evaluation`` is what the task ``evaluate`` wrote."""
    data = lineage["data"]
    champion = evaluation["champion"]
    kind = "synthetic" if data["synthetic"] else "real"
    lines = [
        f"# Promotion dossier of {lineage['dag_run_id']}",
        "",
        f"- data: **{kind}**, {data['rows']:,} rows, `{data['uri']}`, sha256 `{data['sha256'][:12]}`",
        f"- code: `{lineage['git_commit'] or 'no commit'}`, seed {lineage['seed']}",
        f"- champion: {_champion(champion)}",
        f"- outcome: {f'`{selected}` passes and is registered' if selected else 'no candidate passes; champion stays'}",
        "",
        "## On the holdout",
        "",
        "| | AUC | PR-AUC | KS | Brier | log loss | ECE |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(name, candidate["metrics"]) for name, candidate in evaluation["candidates"].items()),
        *([_row(f"champion {champion['version']}", champion["metrics"])] if champion["metrics"] else []),
        "",
        "## Gates",
        "",
        "| candidate | gate | verdict | reason |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {result.name} | {_MARKS[result.verdict]} | {result.reason} |"
            for name, results in verdicts.items()
            for result in results
        ),
        "",
    ]
    return "\n".join(lines)


def _champion(champion: Mapping[str, Any]) -> str:
    if champion["version"] is None:
        return "none"
    if champion["problem"]:
        return f"version {champion['version']}, not comparable: {champion['problem']}"
    return f"version {champion['version']}"


def _row(name: str, metrics: Mapping[str, float]) -> str:
    keys = ("auc", "pr_auc", "ks", "brier", "log_loss", "ece")
    return f"| {name} | " + " | ".join(f"{metrics[key]:.4f}" for key in keys) + " |"
