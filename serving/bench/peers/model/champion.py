"""What the peers are compared on: ``python champion.py OUT_DIR --dataset URI`` (with ``dags/`` on PYTHONPATH).

Trains the gradient boosting candidate as the pipeline does and leaves in OUT_DIR:

``package``  the model package that serving would get
``variant``  one of the same signature with other scores, to swap with
``mlflow-tensor``, ``mlflow-columns``  the same graph for ``mlflow models serve``, with either kind of signature
``rows.json``  10,000 rows of the table in random order, and the score of each
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import mlflow.onnx
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec

from retraining.candidates import candidate_named
from retraining.conversion import INPUT, OUTPUTS
from retraining.credit_package import write_credit_package
from retraining.dataset import load_dataset
from retraining.lineage import lineage_of
from retraining.metrics import ks_threshold
from retraining.run import Run
from retraining.schema import FEATURE_NAMES, FEATURES, TARGET
from retraining.scorer import Scorer
from retraining.split import split
from retraining.training import fit, part_metrics, scores_of
from retraining.validation import fingerprint, validate
from tests.support.packages import write_variant

CANDIDATE = "gradient_boosting"
MODEL_NAME = "credit-scoring"
SEED = 7
ROWS = 10_000
SCHEMAS = {
    "mlflow-tensor": Schema([TensorSpec(np.dtype(np.float32), (-1, len(FEATURES)))]),
    # MLflow passes integer columns on as integers, which a float graph refuses: its users declare floats.
    "mlflow-columns": Schema([ColSpec("float", name) for name in FEATURE_NAMES]),
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--dataset", required=True, help="file:, https:, s3:, synthetic: or a path")
    options = parser.parse_args()
    directory: Path = options.out_dir
    # MLflow does not write into a folder that is there.
    shutil.rmtree(directory, ignore_errors=True)

    run = Run("bench", "bench", None, options.dataset, SEED, (CANDIDATE,), auto_promote=False)
    dataset = load_dataset(run.dataset_uri)
    frame = validate(dataset.frame, dataset.uri)
    parts = split(frame)
    model = fit(candidate_named(CANDIDATE), parts.training, SEED)
    data = {
        "uri": "synthetic:" if dataset.synthetic else "Default of Credit Card Clients",
        "sha256": fingerprint(frame),
        "rows": len(frame),
        "synthetic": dataset.synthetic,
        "window": {"start": None, "end": None},
    }
    package = write_credit_package(
        directory / "package",
        model=model,
        model_name=MODEL_NAME,
        threshold=ks_threshold(parts.validation[TARGET].to_numpy(), scores_of(model, parts.validation)),
        training=parts.training,
        lineage=lineage_of(run, data),
        metrics=part_metrics(model, parts),
    )
    write_variant(package.directory, directory / "variant")
    graph = package.directory / "model.onnx"
    for name, schema in SCHEMAS.items():
        write_for_mlflow(directory / name, onnx.load(str(graph)), schema)
    rows = frame[FEATURE_NAMES].sample(ROWS, random_state=SEED).to_numpy()
    answers = Scorer(graph, layout=INPUT, features=FEATURES, outputs=OUTPUTS).score_tensor(rows)
    write_rows(directory / "rows.json", rows, answers["score"])


def write_for_mlflow(directory: Path, graph: onnx.ModelProto, schema: Schema) -> None:
    """A model as ``mlflow.onnx`` saves it, with one thread inside a call as for all peers."""
    mlflow.onnx.save_model(
        graph,
        str(directory),
        signature=ModelSignature(inputs=schema),
        onnx_session_options={"intra_op_num_threads": 1},
        pip_requirements=[],
        save_as_external_data=False,
    )


def write_rows(path: Path, rows: np.ndarray, scores: np.ndarray) -> None:
    """Rows by position, in the order of the signature."""
    path.write_text(json.dumps({"rows": rows.tolist(), "scores": scores.astype(float).tolist()}))


if __name__ == "__main__":
    main()
