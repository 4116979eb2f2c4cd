"""Judging the candidates."""

from __future__ import annotations

import logging

from retraining.pipeline.step_context import Values, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def gates(run: Run, settings: Settings) -> Values:
    """Judges every candidate; the best that passes is selected, the others are told why not."""
    from retraining.dossier import write_dossier
    from retraining.gates import Evidence, accepted, judge, load_configuration, rejection_reason
    from retraining.lineage import lineage_of
    from retraining.tracking import Tracker

    workspace = workspace_of(run, settings)
    evaluation = workspace.read_json("evaluation.json")
    champion = evaluation["champion"]
    configuration = load_configuration()
    tracker = Tracker(run)
    parent = tracker.parent()
    verdicts = {}
    reasons = {}
    for name, candidate in evaluation["candidates"].items():
        results = judge(
            Evidence(
                metrics=candidate["metrics"],
                conversion_difference=candidate["conversion_difference"],
                package_bytes=candidate["package_bytes"],
                champion_version=champion["version"],
                champion_metrics=champion["metrics"],
                synthetic=workspace.read_json("data.json")["synthetic"],
                champion_synthetic=champion["synthetic"],
            ),
            configuration,
        )
        verdicts[name] = results
        for result in results:
            _LOG.info("%s: %s %s: %s", name, result.name, result.verdict, result.reason)
        if accepted(results):
            tracker.log(tracker.candidate(name), tags={"gates": "passed"})
        else:
            reasons[name] = rejection_reason(results)
            rejection = {"gates": "rejected", "rejection_reason": reasons[name]}
            tracker.log(tracker.candidate(name), tags=rejection)
    passed = [name for name in verdicts if name not in reasons]
    selected = max(passed, key=lambda name: evaluation["candidates"][name]["metrics"]["auc"], default=None)
    dossier = write_dossier(lineage_of(run, workspace.read_json("data.json")), evaluation, verdicts, selected)
    tracker.log_text(parent, "dossier.md", dossier)
    judged: Values = {
        "selected": selected,
        "compared_against": champion["version"] or "none",
        "rejected": reasons,
        "verdicts": {name: [result.as_dict() for result in results] for name, results in verdicts.items()},
    }
    workspace.write_json("judged.json", judged)
    if selected:
        tracker.log(parent, tags={"gates": "passed", "selected_candidate": selected})
        _LOG.info("%s is selected", selected)
    else:
        reason = "; ".join(f"{name}: {text}" for name, text in reasons.items())
        tracker.log(parent, tags={"gates": "rejected", "rejection_reason": reason})
        _LOG.warning("no candidate passes, champion stays: %s", reason)
    tracker.finish(parent)
    return judged
