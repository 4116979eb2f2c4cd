"""Judging the candidates."""

from __future__ import annotations

import logging

from retraining.pipeline.step_context import Values, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)

_LONGEST_TAG = 8000
"""Characters that MLflow takes for the tag of a run."""


def gates(run: Run, settings: Settings) -> Values:
    """Judges every candidate; the best that passes is selected, the others are told why not."""
    from mlflow import get_tracking_uri

    from retraining.artifact_link import artifact_link
    from retraining.dossier import dossier_of, render_json, render_page, write_summary
    from retraining.evidence import evidence_of
    from retraining.gates import accepted, approval_reason, judge, load_configuration, rejection_reason
    from retraining.lineage import lineage_of
    from retraining.tracking import Tracker

    workspace = workspace_of(run, settings)
    evaluation = workspace.read_json("evaluation.json")
    champion = evaluation["champion"]
    configuration = load_configuration()
    tracker = Tracker(run)
    parent = tracker.parent()
    run_ids = {name: tracker.candidate(name) for name in evaluation["candidates"]}
    verdicts = {}
    rejected: dict[str, str] = {}
    approvals: dict[str, str] = {}
    for name in evaluation["candidates"]:
        results = judge(evidence_of(evaluation, name), configuration)
        verdicts[name] = results
        for result in results:
            _LOG.info("%s: %s %s: %s", name, result.name, result.verdict, result.reason)
        tags = {"gates": "passed"}
        if not accepted(results):
            rejected[name] = rejection_reason(results)
            tags = {"gates": "rejected", "rejection_reason": _bounded(rejected[name])}
        elif reason := approval_reason(results):
            approvals[name] = reason
            tags["needs_approval"] = _bounded(reason)
        tracker.log(run_ids[name], tags=tags)
    selected = _best(evaluation["candidates"], rejected, approvals)
    lineage = lineage_of(run, workspace.read_json("data.json"))
    experiment_id = _experiment_of(parent)
    root = settings.mlflow_ui_url or get_tracking_uri()
    dossiers = {}
    for name, run_id in run_ids.items():
        dossier = dossier_of(name, evaluation, verdicts, selected, configuration, lineage, run.cause)
        page = {"dossier.html": render_page(dossier).encode(), "dossier.json": render_json(dossier).encode()}
        tracker.log_files(run_id, "dossier", page)
        workspace.write_json(f"{name}/dossier.json", dossier)
        dossiers[name] = artifact_link(root, experiment_id, run_id, "dossier/dossier.html")
        _LOG.info("%s: dossier %s", name, dossiers[name])
    tracker.log_text(parent, "dossier.md", write_summary(lineage, evaluation, verdicts, selected, dossiers))
    judged: Values = {
        "selected": selected,
        "compared_against": champion["version"] or "none",
        "rejected": rejected,
        "needs_approval": approvals,
        "dossiers": dossiers,
        "verdicts": {name: [result.as_dict() for result in results] for name, results in verdicts.items()},
    }
    workspace.write_json("judged.json", judged)
    if selected:
        tracker.log(parent, tags={"gates": "passed", "selected_candidate": selected})
        _LOG.info("%s is selected", selected)
    else:
        reason = "; ".join(f"{name}: {text}" for name, text in rejected.items())
        tracker.log(parent, tags={"gates": "rejected", "rejection_reason": _bounded(reason)})
        _LOG.warning("no candidate passes, champion stays: %s", reason)
    tracker.finish(parent)
    return judged


def _experiment_of(run_id: str) -> str:
    from mlflow import MlflowClient

    from retraining.registry import translated

    with translated():
        return str(MlflowClient().get_run(run_id).info.experiment_id)


def _bounded(reason: str) -> str:
    """What MLflow takes as a tag; all of it is in the dossier."""
    return reason if len(reason) <= _LONGEST_TAG else f"{reason[: _LONGEST_TAG - 1]}\u2026"


def _best(candidates: Values, rejected: dict[str, str], approvals: dict[str, str]) -> str | None:
    """The highest AUC among those that may take over by themselves, else among those that a person may let."""
    passed = [name for name in candidates if name not in rejected]
    free = [name for name in passed if name not in approvals]
    return max(free or passed, key=lambda name: candidates[name]["metrics"]["auc"], default=None)
