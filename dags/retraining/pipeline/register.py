"""Registering the selected candidate."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from retraining.pipeline.step_context import Values, flag, kind_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def register(run: Run, settings: Settings) -> Values | None:
    """Registers the selected candidate as a version with alias ``challenger``; None where none was selected."""
    from retraining.dossier import describe_version
    from retraining.package import check_package
    from retraining.registry import CHALLENGER, Registry
    from retraining.schema import SIGNATURE_VERSION
    from retraining.tracking import Tracker

    workspace = workspace_of(run, settings)
    judged = workspace.read_json("judged.json")
    name = judged["selected"]
    if name is None:
        _LOG.info("nothing to register: no candidate passed the gates")
        return None
    data = workspace.read_json("data.json")
    evaluation = workspace.read_json("evaluation.json")
    exported = workspace.read_json(f"{name}/exported.json")
    tracker = Tracker(run)
    registry = Registry(settings.model_name)
    tags = {
        "candidate": name,
        "dag_id": run.dag_id,
        "dag_run_id": run.dag_run_id,
        "git_commit": run.git_commit or "none",
        "data_sha256": data["sha256"],
        "synthetic": flag(data["synthetic"]),
        "compared_against": judged["compared_against"],
        "holdout_auc": f"{evaluation['candidates'][name]['metrics']['auc']:.6f}",
        "gates": "passed",
        "signature_version": SIGNATURE_VERSION,
        "dossier_url": judged["dossiers"][name],
        # When it was, what a search found, what it is a variant of.
        **workspace.read_json(f"{name}/trained.json")["lineage"],
    }
    needs_approval = judged["needs_approval"].get(name)
    if needs_approval:
        tags["needs_approval"] = needs_approval
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace.read_folder(f"{name}/package.tar", Path(scratch))
        package = check_package(folder, model_name=settings.model_name, digest=exported["digest"])
        version = registry.register(
            package, run_id=tracker.candidate(name), tags=tags, identity=("dag_run_id", "candidate")
        )
    summary = describe_version(workspace.read_json(f"{name}/dossier.json"), judged["dossiers"][name])
    registry.describe(version, summary)
    registry.point(CHALLENGER, version)
    tracker.log(tracker.parent(), tags={"registered_version": version.version})
    _LOG.info(
        "%s is version %s of %s (%s data), alias %s",
        name,
        version.version,
        settings.model_name,
        kind_of(data["synthetic"]),
        CHALLENGER,
    )
    registered = {
        "version": version.version,
        "digest": version.digest,
        "candidate": name,
        "compared_against": judged["compared_against"],
        "needs_approval": needs_approval,
        "summary": summary,
    }
    workspace.write_json("registered.json", registered)
    return registered
