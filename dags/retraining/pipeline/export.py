"""Converting a candidate to ONNX and packing it."""

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

    from retraining.workspace import Workspace

_LOG = logging.getLogger(__name__)


def export(run: Run, settings: Settings, candidate: str) -> Values:
    """Converts one candidate and its variants to ONNX and packs each as serving will get it."""
    from retraining.variants import variants_of

    workspace = workspace_of(run, settings)
    training = split_of(workspace).training
    variants = [variant.name for variant in variants_of(workspace, candidate)]
    exported = {name: _pack(run, settings, workspace, name, training) for name in [candidate, *variants]}
    return exported[candidate]


def _pack(run: Run, settings: Settings, workspace: Workspace, name: str, training: pd.DataFrame) -> Values:
    import joblib

    from retraining.credit_package import write_credit_package
    from retraining.lineage import lineage_of

    trained = workspace.read_json(f"{name}/trained.json")
    # Pickle executes what it holds: this one was written by the task before, in the same environment.
    model = joblib.load(io.BytesIO(workspace.read_bytes(f"{name}/model.joblib")))
    with tempfile.TemporaryDirectory() as scratch:
        package = write_credit_package(
            Path(scratch) / "package",
            model=model,
            model_name=settings.model_name,
            threshold=trained["threshold"],
            training=training,
            lineage=lineage_of(run, workspace.read_json("data.json")),
            metrics=trained["metrics"],
        )
        workspace.write_folder(f"{name}/package.tar", package.directory)
        exported = {"candidate": name, "digest": package.digest, "bytes": package.bytes}
    workspace.write_json(f"{name}/exported.json", exported)
    _LOG.info("%s: package of %s bytes, %s", name, f"{exported['bytes']:,}", exported["digest"])
    return exported
