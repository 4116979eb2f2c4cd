"""Comparing the graphs with the trainer."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from retraining.pipeline.step_context import Values, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from retraining.variants import NamedCandidate
    from retraining.workspace import Workspace

_LOG = logging.getLogger(__name__)


def validate_conversion(run: Run, settings: Settings, candidate: str) -> Values:
    """Fails unless the packages of a candidate and its variants score every holdout row as the trainer did.

    A quantized variant is rounded on purpose: it is compared with the model that it was made from, and how far
    it is from that is left for a gate to judge.
    """
    from retraining.variants import NamedCandidate, variants_of

    workspace = workspace_of(run, settings)
    holdout = split_of(workspace).holdout
    entries = [NamedCandidate(candidate), *variants_of(workspace, candidate)]
    checked = {entry.name: _compare(settings, workspace, entry, holdout) for entry in entries}
    return checked[candidate]


def _compare(settings: Settings, workspace: Workspace, entry: NamedCandidate, holdout: pd.DataFrame) -> Values:
    import numpy as np

    from retraining.conversion import check_conversion, score_shift
    from retraining.evaluation import score_frame
    from retraining.package import check_package
    from retraining.variants import INT8

    quantized = entry.variant_of if entry.kind == INT8 else None
    exported = workspace.read_json(f"{entry.name}/exported.json")
    trainer = np.load(io.BytesIO(workspace.read_bytes(f"{quantized or entry.name}/holdout_scores.npy")))
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace.read_folder(f"{entry.name}/package.tar", Path(scratch))
        package = check_package(folder, model_name=settings.model_name, digest=exported["digest"])
        scores = score_frame(package, holdout)
    checked: Values = {"candidate": entry.name, "rows": len(trainer)}
    if quantized is None:
        checked["largest_difference"] = check_conversion(trainer, scores)
    else:
        largest, mean = score_shift(trainer, scores)
        checked |= {"largest_difference": largest, "mean_difference": mean, "compared_with": quantized}
    workspace.write_json(f"{entry.name}/conversion.json", checked)
    _LOG.info(
        "%s: %s holdout rows score %s, largest difference %.2g",
        entry.name,
        f"{len(trainer):,}",
        "alike" if quantized is None else f"like those of {quantized}, rounded",
        checked["largest_difference"],
    )
    return checked
