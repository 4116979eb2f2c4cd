"""The dossier in a few lines of Markdown: for the MLflow run of a DAG run, and for a version's description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retraining.dossier.content import Dossier
from retraining.gates import GateResult
from retraining.manifest import Lineage

_MARKS = {
    "passed": "passed",
    "failed": "FAILED",
    "needs_approval": "NEEDS APPROVAL",
    "not_applicable": "n/a",
}


def write_summary(
    lineage: Lineage,
    evaluation: Mapping[str, Any],
    verdicts: Mapping[str, Sequence[GateResult]],
    selected: str | None,
    links: Mapping[str, str],
) -> str:
    """All candidates of a run. ``evaluation`` is what the task ``evaluate`` wrote, ``links`` go to the dossiers."""
    data = lineage["data"]
    champion = evaluation["champion"]
    lines = [
        f"# Promotion dossier of {lineage['dag_run_id']}",
        "",
        f"- data: **{_kind(data['synthetic'])}**, {data['rows']:,} rows, `{data['uri']}`,"
        f" sha256 `{data['sha256'][:12]}`",
        f"- code: `{lineage['git_commit'] or 'no commit'}`, seed {lineage['seed']}",
        f"- champion: {_champion(champion)}",
        f"- outcome: {f'`{selected}` passes and is registered' if selected else 'no candidate passes; champion stays'}",
        *(f"- dossier of `{name}`: {link}" for name, link in links.items()),
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
            f"| {name} | {result.name} | {_MARKS[result.verdict]} | {_cell(result.reason)} |"
            for name, results in verdicts.items()
            for result in results
        ),
        "",
    ]
    return "\n".join(lines)


def describe_version(dossier: Dossier, link: str) -> str:
    """What the registry shows of a version: outcome, numbers, and where the dossier is."""
    data = dossier["lineage"]["data"]
    metrics = {row["key"]: row for row in dossier["metrics"]}
    compared = dossier["comparison"]
    against = "There was no champion to compare with."
    if compared is not None:
        against = (
            f"Against champion version {dossier['champion']['version']}: AUC {compared['gain']:+.4f}"
            f" (p = {compared['p_value']:.2g}, {dossier['data']['rows']:,} rows)."
        )
    return "\n".join(
        [
            f"**{dossier['candidate']}**, trained on **{_kind(dossier['synthetic'])}** data"
            f" ({data['rows']:,} rows of `{data['uri']}`). {dossier['sentence']}",
            "",
            f"Holdout AUC {metrics['auc']['candidate']:.4f}, KS {metrics['ks']['candidate']:.3f},"
            f" calibration error {metrics['ece']['candidate']:.4f}. {against}",
            "",
            f"[Promotion dossier]({link})",
        ]
    )


def _kind(synthetic: bool) -> str:
    return "synthetic" if synthetic else "real"


def _champion(champion: Mapping[str, Any]) -> str:
    if champion["version"] is None:
        return "none"
    if champion["problem"]:
        return f"version {champion['version']}, not comparable: {champion['problem']}"
    return f"version {champion['version']}"


def _row(name: str, metrics: Mapping[str, float]) -> str:
    keys = ("auc", "pr_auc", "ks", "brier", "log_loss", "ece")
    return f"| {name} | " + " | ".join(f"{metrics[key]:.4f}" for key in keys) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
