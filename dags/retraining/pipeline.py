"""The retraining pipeline: one function per task of the DAG, in the order in which they run.

Each takes the run and the settings, reads what earlier tasks left in the workspace, and returns a small
dict. None means that there is nothing to do and the task is skipped. Every one may run twice.
"""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path
from typing import Any

from retraining.errors import ContractError
from retraining.run import Run
from retraining.settings import Settings
from retraining.workspace import Workspace

_LOG = logging.getLogger(__name__)

Values = dict[str, Any]


def ingest(run: Run, settings: Settings) -> Values:
    """Fetches the data set as it is into the workspace, so that all tasks see the same rows."""
    from retraining.dataset import load_dataset, public_uri

    _LOG.info("reading %s", public_uri(run.dataset_uri))
    dataset = load_dataset(run.dataset_uri)
    frame = dataset.frame
    # Parquet wants one type a column; what is mixed is text until validation has judged it.
    for column in frame.select_dtypes(include="object").columns:
        frame[column] = frame[column].astype("string")
    source = {"uri": dataset.uri, "synthetic": dataset.synthetic, "rows": len(frame)}
    workspace = _workspace(run, settings)
    workspace.write_table("ingested.parquet", frame)
    workspace.write_json("source.json", source)
    _LOG.info("%s rows, %s columns of %s data", f"{len(frame):,}", len(frame.columns), _kind(dataset.synthetic))
    return source


def validate(run: Run, settings: Settings) -> Values:
    """Checks every rule of the data set and opens the MLflow run; a fault stops the run with a report."""
    from retraining.manifest import DataLineage
    from retraining.schema import TARGET
    from retraining.split import split
    from retraining.tracking import Tracker
    from retraining.validation import DataValidationError, fingerprint
    from retraining.validation import validate as validated

    workspace = _workspace(run, settings)
    source = workspace.read_json("source.json")
    tracker = Tracker(run)
    parent = tracker.parent({"synthetic": _flag(source["synthetic"]), "dataset_uri": source["uri"]})
    try:
        frame = validated(workspace.read_table("ingested.parquet"), source["uri"])
    except DataValidationError as error:
        tracker.log_text(parent, "data_validation.json", error.report())
        tracker.log(parent, tags={"data_validation": "failed"})
        tracker.finish(parent, failed=True)
        raise
    parts = split(frame)
    data = DataLineage(
        uri=source["uri"],
        sha256=fingerprint(frame),
        rows=len(frame),
        synthetic=source["synthetic"],
        window={"start": None, "end": None},
    )
    workspace.write_table("rows.parquet", frame)
    workspace.write_json("data.json", data)
    tracker.log(
        parent,
        parameters={"seed": run.seed, "candidates": ", ".join(run.candidates), "rows": len(frame)},
        tags={"data_validation": "passed", "data_sha256": data["sha256"]},
    )
    _LOG.info(
        "all rules hold: %s rows, %.1f%% defaults; %s for training, %s for the threshold, %s held out",
        f"{len(frame):,}",
        100 * frame[TARGET].mean(),
        f"{len(parts.training):,}",
        f"{len(parts.validation):,}",
        f"{len(parts.holdout):,}",
    )
    return {"rows": len(frame), "sha256": data["sha256"], "candidates": list(run.candidates)}


def train(run: Run, settings: Settings, candidate: str) -> Values:
    """Fits one candidate, chooses its threshold, and logs it to MLflow with metrics and plots."""
    import joblib
    import numpy as np

    from retraining.candidates import candidate_named
    from retraining.metrics import ks_threshold
    from retraining.plots import holdout_plots
    from retraining.schema import TARGET
    from retraining.tracking import Tracker
    from retraining.training import fit, part_metrics, scores_of

    workspace = _workspace(run, settings)
    data = workspace.read_json("data.json")
    chosen = candidate_named(candidate)
    parts = _split(workspace)
    model = fit(chosen, parts.training, run.seed)
    validation_scores = scores_of(model, parts.validation)
    threshold = ks_threshold(parts.validation[TARGET].to_numpy(), validation_scores)
    metrics = part_metrics(model, parts)
    holdout_scores = scores_of(model, parts.holdout)

    tracker = Tracker(run)
    run_id = tracker.candidate(candidate, {"synthetic": _flag(data["synthetic"]), "data_sha256": data["sha256"]})
    tracker.log(run_id, parameters={**chosen.parameters, "seed": run.seed, "threshold": threshold}, metrics=metrics)
    title = f"{candidate} on the holdout ({_kind(data['synthetic'])} data)"
    tracker.log_files(run_id, "plots", holdout_plots(title, parts.holdout[TARGET].to_numpy(), holdout_scores))
    tracker.finish(run_id)

    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    workspace.write_bytes(f"{candidate}/model.joblib", buffer.getvalue())
    buffer = io.BytesIO()
    np.save(buffer, holdout_scores)
    workspace.write_bytes(f"{candidate}/holdout_scores.npy", buffer.getvalue())
    trained = {"candidate": candidate, "run_id": run_id, "threshold": threshold, "metrics": metrics}
    workspace.write_json(f"{candidate}/trained.json", trained)
    _LOG.info(
        "%s: holdout AUC %.4f, threshold %.4f (%s data)",
        candidate,
        metrics["holdout_auc"],
        threshold,
        _kind(data["synthetic"]),
    )
    return trained


def export(run: Run, settings: Settings, candidate: str) -> Values:
    """Converts one candidate to ONNX and packs it as serving will get it."""
    import joblib

    from retraining.credit_package import write_credit_package
    from retraining.lineage import lineage_of

    workspace = _workspace(run, settings)
    trained = workspace.read_json(f"{candidate}/trained.json")
    # Pickle executes what it holds: this one was written by the task before, in the same environment.
    model = joblib.load(io.BytesIO(workspace.read_bytes(f"{candidate}/model.joblib")))
    with tempfile.TemporaryDirectory() as scratch:
        package = write_credit_package(
            Path(scratch) / "package",
            model=model,
            model_name=settings.model_name,
            threshold=trained["threshold"],
            training=_split(workspace).training,
            lineage=lineage_of(run, workspace.read_json("data.json")),
            metrics=trained["metrics"],
        )
        workspace.write_folder(f"{candidate}/package.tar", package.directory)
        exported = {"candidate": candidate, "digest": package.digest, "bytes": package.bytes}
    workspace.write_json(f"{candidate}/exported.json", exported)
    _LOG.info("%s: package of %s bytes, %s", candidate, f"{exported['bytes']:,}", exported["digest"])
    return exported


def validate_conversion(run: Run, settings: Settings, candidate: str) -> Values:
    """Fails unless the package scores every holdout row as the trainer did."""
    import numpy as np

    from retraining.conversion import check_conversion
    from retraining.evaluation import score_frame
    from retraining.package import check_package

    workspace = _workspace(run, settings)
    exported = workspace.read_json(f"{candidate}/exported.json")
    trainer = np.load(io.BytesIO(workspace.read_bytes(f"{candidate}/holdout_scores.npy")))
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace.read_folder(f"{candidate}/package.tar", Path(scratch))
        package = check_package(folder, model_name=settings.model_name, digest=exported["digest"])
        difference = check_conversion(trainer, score_frame(package, _split(workspace).holdout))
    checked = {"candidate": candidate, "rows": len(trainer), "largest_difference": difference}
    workspace.write_json(f"{candidate}/conversion.json", checked)
    _LOG.info("%s: %s holdout rows score alike, largest difference %.2g", candidate, f"{len(trainer):,}", difference)
    return checked


def evaluate(run: Run, settings: Settings) -> Values:
    """Measures candidates and champion on the same holdout rows."""
    from retraining.evaluation import evaluate_package
    from retraining.package import check_package
    from retraining.registry import CHAMPION, Registry
    from retraining.tracking import Tracker

    workspace = _workspace(run, settings)
    holdout = _split(workspace).holdout
    evaluation: Values = {"candidates": {}}
    for name in run.candidates:
        exported = workspace.read_json(f"{name}/exported.json")
        with tempfile.TemporaryDirectory() as scratch:
            folder = workspace.read_folder(f"{name}/package.tar", Path(scratch))
            metrics = evaluate_package(check_package(folder, digest=exported["digest"]), holdout)
        conversion = workspace.read_json(f"{name}/conversion.json")
        evaluation["candidates"][name] = {
            "metrics": metrics,
            "package_bytes": exported["bytes"],
            "conversion_difference": conversion["largest_difference"],
        }
        _LOG.info("%s: %s", name, _shown(metrics))
    registry = Registry(settings.model_name)
    champion = _evaluate_champion(registry, registry.by_alias(CHAMPION), holdout)
    evaluation["champion"] = champion
    tracker = Tracker(run)
    parent = tracker.parent()
    if champion["metrics"]:
        tracker.log(parent, metrics={f"champion_{key}": value for key, value in champion["metrics"].items()})
    tracker.log(parent, tags={"compared_against": champion["version"] or "none"})
    workspace.write_json("evaluation.json", evaluation)
    return evaluation


def gates(run: Run, settings: Settings) -> Values:
    """Judges every candidate; the best that passes is selected, the others are told why not."""
    from retraining.dossier import write_dossier
    from retraining.gates import Evidence, accepted, judge, load_configuration, rejection_reason
    from retraining.lineage import lineage_of
    from retraining.tracking import Tracker

    workspace = _workspace(run, settings)
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


def register(run: Run, settings: Settings) -> Values | None:
    """Registers the selected candidate as a version with alias ``challenger``; None where none was selected."""
    from retraining.package import check_package
    from retraining.registry import CHALLENGER, Registry
    from retraining.tracking import Tracker

    workspace = _workspace(run, settings)
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
        "synthetic": _flag(data["synthetic"]),
        "compared_against": judged["compared_against"],
        "holdout_auc": f"{evaluation['candidates'][name]['metrics']['auc']:.6f}",
        "gates": "passed",
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace.read_folder(f"{name}/package.tar", Path(scratch))
        package = check_package(folder, model_name=settings.model_name, digest=exported["digest"])
        version = registry.register(
            package, run_id=tracker.candidate(name), tags=tags, identity=("dag_run_id", "candidate")
        )
    registry.point(CHALLENGER, version)
    tracker.log(tracker.parent(), tags={"registered_version": version.version})
    _LOG.info(
        "%s is version %s of %s (%s data), alias %s",
        name,
        version.version,
        settings.model_name,
        _kind(data["synthetic"]),
        CHALLENGER,
    )
    registered = {
        "version": version.version,
        "digest": version.digest,
        "candidate": name,
        "compared_against": judged["compared_against"],
    }
    workspace.write_json("registered.json", registered)
    return registered


def bless(run: Run, settings: Settings) -> Values:
    """Has the serving runtime itself load the version and answer its golden rows."""
    from retraining import serving_cli

    registered = _workspace(run, settings).read_json("registered.json")
    serving_cli.bless(settings, registered["version"])
    _LOG.info("version %s is blessed", registered["version"])
    return {"version": registered["version"], "blessed": True}


def promote(run: Run, settings: Settings) -> Values | None:
    """Moves ``champion`` if it still points at what was compared against; None where promotion is by hand."""
    from retraining import serving_cli
    from retraining.registry import CHAMPION, Registry

    registered = _workspace(run, settings).read_json("registered.json")
    version = registered["version"]
    if not run.auto_promote:
        _LOG.info("version %s is blessed and waits: auto_promote is off", version)
        return None
    champion = Registry(settings.model_name).by_alias(CHAMPION)
    # An earlier try may have moved the alias and died waiting for the replicas: expect itself then.
    already = champion is not None and champion.version == version
    expected = version if already else registered["compared_against"]
    serving_cli.promote(settings, version, expected_champion=expected)
    _LOG.info("version %s is champion (was: %s)", version, registered["compared_against"])
    return {"version": version, "previous": registered["compared_against"]}


def _evaluate_champion(registry: Any, champion: Any, holdout: Any) -> Values:
    """The champion's metrics, or why it has none: a broken champion must not keep itself in place."""
    from retraining.evaluation import CannotScoreError, ChampionEvaluation, evaluate_package

    if champion is None:
        _LOG.info("there is no champion yet: the floors decide")
        return ChampionEvaluation(version=None).as_dict()
    synthetic = champion.tags.get("synthetic") == _flag(True)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            metrics = evaluate_package(registry.download(champion, Path(scratch)), holdout)
    except (CannotScoreError, ContractError) as error:
        _LOG.warning("champion version %s cannot be compared: %s", champion.version, error)
        return ChampionEvaluation(champion.version, synthetic, problem=str(error)).as_dict()
    _LOG.info("champion version %s: %s", champion.version, _shown(metrics))
    return ChampionEvaluation(champion.version, synthetic, metrics).as_dict()


def _workspace(run: Run, settings: Settings) -> Workspace:
    return Workspace(settings.workspace_uri, run.dag_run_id)


def _split(workspace: Workspace) -> Any:
    from retraining.split import split

    return split(workspace.read_table("rows.parquet"))


def _kind(synthetic: bool) -> str:
    return "synthetic" if synthetic else "real"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _shown(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
