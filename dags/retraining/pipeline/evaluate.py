"""Measuring candidates and champion on the same rows."""

from __future__ import annotations

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retraining.pipeline.step_context import Values, flag, shown, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from retraining.evaluation import Scored
    from retraining.evidence import ChampionEvidence, DataEvidence, RuntimeEvidence
    from retraining.gates import GateConfiguration
    from retraining.manifest import Manifest
    from retraining.registry import Registry, Version
    from retraining.variants import NamedCandidate
    from retraining.workspace import Workspace

_LOG = logging.getLogger(__name__)

_QUANTIZED = "int8"
_FIRST_SIGNATURE = "1.0"
"""What a version without the tag has: those that were registered before the tag was."""


@dataclass(frozen=True)
class _Champion:
    """The champion as far as it can be known; ``manifest`` also where it cannot score."""

    evidence: ChampionEvidence
    manifest: Manifest | None = None
    scored: Scored | None = None
    signature_version: str = _FIRST_SIGNATURE


def evaluate(run: Run, settings: Settings) -> Values:
    """Measures candidates and champion on the same holdout rows and leaves the evidence for the gates."""
    from retraining.gates import load_configuration
    from retraining.registry import CHAMPION, Registry
    from retraining.tracking import Tracker
    from retraining.variants import candidate_names

    workspace = workspace_of(run, settings)
    parts = split_of(workspace)
    configuration = load_configuration()
    registry = Registry(settings.model_name)
    champion = _champion(registry, registry.by_alias(CHAMPION), parts.holdout)
    competing = candidate_names(workspace, run)
    scores: dict[str, Any] = {}
    candidates = {}
    # One at a time, so that they do not slow each other down, beside the rest, which takes as long.
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(max_workers=1) as beside:
        folders = {
            named.name: workspace.read_folder(f"{named.name}/package.tar", Path(scratch, named.name))
            for named in competing
        }
        runtimes = {name: beside.submit(_runtime, settings, folder) for name, folder in folders.items()}
        for named in competing:
            candidates[named.name] = _candidate(
                named, folders[named.name], workspace, parts.holdout, champion, configuration, scores
            )
            _LOG.info("%s: %s", named.name, shown(candidates[named.name]["metrics"]))
        for name, runtime in runtimes.items():
            candidates[name]["runtime"] = runtime.result()
    evaluation = {
        "data": _data(workspace, parts.holdout, parts.training, champion),
        "champion": champion.evidence,
        "candidates": candidates,
    }
    workspace.write_json("evaluation.json", evaluation)

    tracker = Tracker(run)
    parent = tracker.parent()
    if champion.evidence["metrics"]:
        measured = {f"champion_{key}": value for key, value in champion.evidence["metrics"].items()}
        tracker.log(parent, metrics=measured)
    tracker.log(parent, tags={"compared_against": champion.evidence["version"] or "none"})
    # The next task reads the evidence from the workspace; what is returned is for people.
    return {
        "candidates": {name: candidate["metrics"] for name, candidate in candidates.items()},
        "champion": {key: champion.evidence[key] for key in ("version", "metrics", "problem")},
    }


def _candidate(
    named: NamedCandidate,
    folder: Path,
    workspace: Workspace,
    holdout: pd.DataFrame,
    champion: _Champion,
    configuration: GateConfiguration,
    scores: dict[str, Any],
) -> Values:
    """One candidate's evidence but for its runtime. ``scores`` collects those of all, parents before variants."""
    from retraining import evaluation
    from retraining.curves import curves_of
    from retraining.metrics import evaluate_scores
    from retraining.package import check_package
    from retraining.schema import SIGNATURE_VERSION, TARGET

    name = named.name
    labels = holdout[TARGET].to_numpy()
    exported = workspace.read_json(f"{name}/exported.json")
    scored = evaluation.score_package(check_package(folder, digest=exported["digest"]), holdout)
    scores[name] = scored.scores
    fidelity = None
    difference = 0.0
    if named.kind == _QUANTIZED and named.variant_of:
        fidelity = evaluation.evaluate_fidelity(named.variant_of, scored.scores, scores[named.variant_of])
    else:
        difference = workspace.read_json(f"{name}/conversion.json")["largest_difference"]
    return {
        "variant": {"of": named.variant_of, "kind": named.kind} if named.variant_of else None,
        "metrics": evaluate_scores(labels, scored.scores),
        "curves": curves_of(labels, scored.scores),
        "threshold": scored.threshold,
        "package_bytes": exported["bytes"],
        "conversion_difference": difference,
        "fidelity": fidelity,
        "comparison": evaluation.compare(labels, scored, champion.scored),
        "slices": evaluation.evaluate_slices(holdout, configuration.slices, scored, champion.scored),
        "stability": evaluation.evaluate_stability(scored, champion.scored, champion.evidence["metrics"]),
        "signature": evaluation.evaluate_signature(
            scored.manifest, champion.manifest, SIGNATURE_VERSION, champion.signature_version
        ),
    }


def _runtime(settings: Settings, folder: Path) -> RuntimeEvidence:
    """What it costs in the serving runtime; a package that does not load there is evidence, not an accident."""
    from retraining import serving_cli
    from retraining.errors import BlessingRefusedError

    try:
        measured = serving_cli.measure(settings, folder)
    except BlessingRefusedError as error:
        return {"problem": str(error)}
    latency = measured["latency_ms"]
    return {
        "load_ms": float(measured["load_ms"]),
        "p50_ms": float(latency["p50"]),
        "p90_ms": float(latency["p90"]),
        "p99_ms": float(latency["p99"]),
        "rows_per_second": float(measured["rows_per_second"]),
    }


def _data(workspace: Workspace, holdout: pd.DataFrame, training: pd.DataFrame, champion: _Champion) -> DataEvidence:
    from retraining.evaluation import feature_drift
    from retraining.leakage import single_feature_aucs
    from retraining.moments import parse_moment
    from retraining.schema import FEATURES, TARGET

    data = workspace.read_json("data.json")
    labels = holdout[TARGET].to_numpy()
    reference = champion.manifest["reference"]["features"] if champion.manifest else {}
    return {
        "rows": len(holdout),
        "defaults": int(labels.sum()),
        "synthetic": data["synthetic"],
        "window": data["window"],
        "as_of": parse_moment(workspace.read_json("source.json")["as_of"]).isoformat(timespec="seconds"),
        "feature_auc": single_feature_aucs(FEATURES, holdout, labels),
        "feature_drift": feature_drift(reference, training),
    }


def _champion(registry: Registry, version: Version | None, holdout: pd.DataFrame) -> _Champion:
    """The champion's evidence, or why it has none: a broken champion must not keep itself in place."""
    from retraining.curves import curves_of
    from retraining.errors import ContractError
    from retraining.evaluation import CannotScoreError, score_package
    from retraining.metrics import evaluate_scores
    from retraining.schema import TARGET

    if version is None:
        _LOG.info("there is no champion yet: the floors decide")
        return _Champion({"version": None, "synthetic": None, "metrics": None, "problem": None})
    synthetic = version.tags.get("synthetic") == flag(True)
    signature_version = version.tags.get("signature_version", _FIRST_SIGNATURE)
    manifest: Manifest | None = None
    evidence: ChampionEvidence
    try:
        with tempfile.TemporaryDirectory() as scratch:
            package = registry.download(version, Path(scratch))
            manifest, package_bytes = package.manifest, package.bytes
            scored = score_package(package, holdout)
    except (CannotScoreError, ContractError) as error:
        _LOG.warning("champion version %s cannot be compared: %s", version.version, error)
        evidence = {
            "version": version.version,
            "synthetic": synthetic,
            "metrics": None,
            "problem": str(error),
        }
        return _Champion(evidence, manifest, signature_version=signature_version)
    labels = holdout[TARGET].to_numpy()
    metrics = evaluate_scores(labels, scored.scores)
    _LOG.info("champion version %s: %s", version.version, shown(metrics))
    evidence = {
        "version": version.version,
        "synthetic": synthetic,
        "problem": None,
        "package_bytes": package_bytes,
        "metrics": metrics,
        "curves": curves_of(labels, scored.scores),
    }
    return _Champion(evidence, manifest, scored, signature_version)
