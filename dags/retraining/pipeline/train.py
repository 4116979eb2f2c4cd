"""Fitting a candidate."""

from __future__ import annotations

import io
import logging

from retraining.pipeline.step_context import Values, flag, kind_of, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


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

    workspace = workspace_of(run, settings)
    data = workspace.read_json("data.json")
    chosen = candidate_named(candidate)
    parts = split_of(workspace)
    model = fit(chosen, parts.training, run.seed)
    validation_scores = scores_of(model, parts.validation)
    threshold = ks_threshold(parts.validation[TARGET].to_numpy(), validation_scores)
    metrics = part_metrics(model, parts)
    holdout_scores = scores_of(model, parts.holdout)

    tracker = Tracker(run)
    run_id = tracker.candidate(candidate, {"synthetic": flag(data["synthetic"]), "data_sha256": data["sha256"]})
    tracker.log(run_id, parameters={**chosen.parameters, "seed": run.seed, "threshold": threshold}, metrics=metrics)
    title = f"{candidate} on the holdout ({kind_of(data['synthetic'])} data)"
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
        kind_of(data["synthetic"]),
    )
    return trained
