"""Comparing the graph with the trainer."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path

from retraining.pipeline.step_context import Values, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def validate_conversion(run: Run, settings: Settings, candidate: str) -> Values:
    """Fails unless the package scores every holdout row as the trainer did."""
    import numpy as np

    from retraining.conversion import check_conversion
    from retraining.evaluation import score_frame
    from retraining.package import check_package

    workspace = workspace_of(run, settings)
    exported = workspace.read_json(f"{candidate}/exported.json")
    trainer = np.load(io.BytesIO(workspace.read_bytes(f"{candidate}/holdout_scores.npy")))
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace.read_folder(f"{candidate}/package.tar", Path(scratch))
        package = check_package(folder, model_name=settings.model_name, digest=exported["digest"])
        difference = check_conversion(trainer, score_frame(package, split_of(workspace).holdout))
    checked = {"candidate": candidate, "rows": len(trainer), "largest_difference": difference}
    workspace.write_json(f"{candidate}/conversion.json", checked)
    _LOG.info("%s: %s holdout rows score alike, largest difference %.2g", candidate, f"{len(trainer):,}", difference)
    return checked
