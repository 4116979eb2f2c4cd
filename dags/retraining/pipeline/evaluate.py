"""Measuring candidates and champion on the same rows."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

from retraining.errors import ContractError
from retraining.pipeline.step_context import Values, flag, shown, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def evaluate(run: Run, settings: Settings) -> Values:
    """Measures candidates and champion on the same holdout rows."""
    from retraining.evaluation import evaluate_package
    from retraining.package import check_package
    from retraining.registry import CHAMPION, Registry
    from retraining.tracking import Tracker

    workspace = workspace_of(run, settings)
    holdout = split_of(workspace).holdout
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
        _LOG.info("%s: %s", name, shown(metrics))
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


def _evaluate_champion(registry: Any, champion: Any, holdout: Any) -> Values:
    """The champion's metrics, or why it has none: a broken champion must not keep itself in place."""
    from retraining.evaluation import CannotScoreError, ChampionEvaluation, evaluate_package

    if champion is None:
        _LOG.info("there is no champion yet: the floors decide")
        return ChampionEvaluation(version=None).as_dict()
    synthetic = champion.tags.get("synthetic") == flag(True)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            metrics = evaluate_package(registry.download(champion, Path(scratch)), holdout)
    except (CannotScoreError, ContractError) as error:
        _LOG.warning("champion version %s cannot be compared: %s", champion.version, error)
        return ChampionEvaluation(champion.version, synthetic, problem=str(error)).as_dict()
    _LOG.info("champion version %s: %s", champion.version, shown(metrics))
    return ChampionEvaluation(champion.version, synthetic, metrics).as_dict()
