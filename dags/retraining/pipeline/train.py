"""Fitting a candidate and making its variants."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from retraining.pipeline.step_context import Values, flag, kind_of, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

if TYPE_CHECKING:
    from retraining.split import Split
    from retraining.workspace import Workspace

_LOG = logging.getLogger(__name__)


def train(run: Run, settings: Settings, candidate: str) -> Values:
    """Fits one candidate, makes its variants, chooses a threshold for each, and logs them to MLflow."""
    from retraining.candidates import candidate_named
    from retraining.search import best_parameters
    from retraining.training import fit
    from retraining.variants import make_variant, variant_name, write_variants

    workspace = workspace_of(run, settings)
    own = candidate_named(candidate)
    found = best_parameters(workspace, own)
    chosen = own.with_parameters(**found.parameters)
    if found.number is not None:
        _LOG.info("%s: parameters of trial %s, the best of %s", candidate, found.number, found.trials)
    parts = split_of(workspace)
    model = fit(chosen, parts.training, run.seed)
    lineage = {"as_of": workspace.read_json("source.json")["as_of"], **found.tags}
    trained = _log_and_leave(run, workspace, candidate, model, parts, chosen.parameters, lineage)
    made = []
    for kind in [kind for kind in chosen.variants if kind in run.variants]:
        variant = make_variant(kind, chosen, model, parts, run.seed)
        if variant is None:
            _LOG.info("%s: nothing to leave out, no %s variant", candidate, kind)
            continue
        tags = {"variant_of": candidate, "variant": kind}
        _log_and_leave(run, workspace, variant_name(candidate, kind), variant, parts, {}, lineage | tags)
        made.append(kind)
    write_variants(workspace, candidate, made)
    return {**trained, "variants": made}


def _log_and_leave(
    run: Run,
    workspace: Workspace,
    name: str,
    model: Any,
    parts: Split,
    parameters: dict[str, Any],
    tags: dict[str, str],
) -> Values:
    """Chooses the threshold of a fitted model; logs the model and leaves it for the tasks that follow."""
    import joblib
    import numpy as np

    from retraining.metrics import ks_threshold
    from retraining.plots import holdout_plots
    from retraining.schema import TARGET
    from retraining.tracking import Tracker
    from retraining.training import part_metrics, scores_of

    data = workspace.read_json("data.json")
    threshold = ks_threshold(parts.validation[TARGET].to_numpy(), scores_of(model, parts.validation))
    metrics = part_metrics(model, parts)
    holdout_scores = scores_of(model, parts.holdout)

    tracker = Tracker(run)
    run_id = tracker.candidate(name, {"synthetic": flag(data["synthetic"]), "data_sha256": data["sha256"]})
    tracker.log(run_id, parameters={**parameters, "seed": run.seed, "threshold": threshold}, metrics=metrics, tags=tags)
    if "variant_of" not in tags:  # its curves are its parent's to the eye, and drawing costs more than making it
        title = f"{name} on the holdout ({kind_of(data['synthetic'])} data)"
        tracker.log_files(run_id, "plots", holdout_plots(title, parts.holdout[TARGET].to_numpy(), holdout_scores))
    tracker.finish(run_id)

    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    workspace.write_bytes(f"{name}/model.joblib", buffer.getvalue())
    buffer = io.BytesIO()
    np.save(buffer, holdout_scores)
    workspace.write_bytes(f"{name}/holdout_scores.npy", buffer.getvalue())
    trained = {"candidate": name, "run_id": run_id, "threshold": threshold, "metrics": metrics, "lineage": tags}
    workspace.write_json(f"{name}/trained.json", trained)
    _LOG.info(
        "%s: holdout AUC %.4f, threshold %.4f (%s data)",
        name,
        metrics["holdout_auc"],
        threshold,
        kind_of(data["synthetic"]),
    )
    return trained
