"""Converting a candidate to ONNX and packing it."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path

from retraining.pipeline.step_context import Values, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def export(run: Run, settings: Settings, candidate: str) -> Values:
    """Converts one candidate to ONNX and packs it as serving will get it."""
    import joblib

    from retraining.credit_package import write_credit_package
    from retraining.lineage import lineage_of

    workspace = workspace_of(run, settings)
    trained = workspace.read_json(f"{candidate}/trained.json")
    # Pickle executes what it holds: this one was written by the task before, in the same environment.
    model = joblib.load(io.BytesIO(workspace.read_bytes(f"{candidate}/model.joblib")))
    with tempfile.TemporaryDirectory() as scratch:
        package = write_credit_package(
            Path(scratch) / "package",
            model=model,
            model_name=settings.model_name,
            threshold=trained["threshold"],
            training=split_of(workspace).training,
            lineage=lineage_of(run, workspace.read_json("data.json")),
            metrics=trained["metrics"],
        )
        workspace.write_folder(f"{candidate}/package.tar", package.directory)
        exported = {"candidate": candidate, "digest": package.digest, "bytes": package.bytes}
    workspace.write_json(f"{candidate}/exported.json", exported)
    _LOG.info("%s: package of %s bytes, %s", candidate, f"{exported['bytes']:,}", exported["digest"])
    return exported
