"""Writes what the benchmarks serve: ``python -m tests.support.benchmark_packages OUT_DIR`` (from ``dags/``).

All have the signature of the credit model, so that one load fits all of them:

==================  ================================================================================
``boosting``        the gradient boosting candidate, as the pipeline exports it
``boosting-b``      the same with other scores: what the champion is swapped with
``boosting-pruned`` a third of its trees, trained on its own
``boosting-slow``   every tree many times over, same scores: a server of it is full at few requests a second
``network``         the neural network candidate
``network-int8``    its weights and activations in 8 bits (dynamic quantization)
``network-pruned``  half of its units, trained on its own
``wide``            a network of hundreds of units, where 8 bits have something to save
``wide-int8``       its quantized form
``lookup``          a table of 200 MB: large to load, cheap to compute
==================  ================================================================================

Beside them ``rows.json``, rows of the holdout by position, and ``variants.json``, what each one's scores on the
holdout are worth and how far they are from those of the model that it was made from.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

from retraining.candidates import Candidate, candidate_named
from retraining.conversion import INPUT, OUTPUTS
from retraining.credit_package import write_credit_package
from retraining.dataset import load_dataset
from retraining.lineage import lineage_of
from retraining.manifest import DataLineage, Lineage
from retraining.metrics import evaluate_scores, ks_threshold
from retraining.package import Description, Package, write_package
from retraining.run import Run
from retraining.schema import FEATURE_NAMES, FEATURES, TARGET
from retraining.scorer import Scorer
from retraining.split import Split, split
from retraining.training import fit, part_metrics, scores_of
from retraining.validation import fingerprint, validate
from tests.support.packages import write_variant
from tests.support.small_models import IR_VERSION, OPSET

MODEL_NAME = "credit-scoring"
SEED = 7
SHOWN_ROWS = 5_000
SLOW_COPIES = 40
"""A row takes about two milliseconds then: a load generator on the same machine has time to spare."""

_TABLE_ROWS, _TABLE_WIDTH = 1_000_000, 50
_PARENTS = {
    "boosting-pruned": "boosting",
    "boosting-slow": "boosting",
    "network-int8": "network",
    "network-pruned": "network",
    "wide-int8": "wide",
}


def write_benchmark_packages(directory: Path, dataset_uri: str) -> dict[str, dict[str, Any]]:
    """All of them; returns what ``variants.json`` holds."""
    directory.mkdir(parents=True, exist_ok=True)
    frame, lineage = _table(dataset_uri)
    parts = split(frame)

    boosting = candidate_named("gradient_boosting")
    network = candidate_named("neural_network")
    wide = _changed(network, hidden_layer_sizes=(512, 256), max_iter=8)
    trees = int(boosting.parameters["max_iter"])
    packages = {
        "boosting": _trained(directory / "boosting", boosting, parts, lineage),
        "boosting-pruned": _trained(
            directory / "boosting-pruned", _changed(boosting, max_iter=trees // 3), parts, lineage
        ),
        "network": _trained(directory / "network", network, parts, lineage),
        "network-pruned": _trained(
            directory / "network-pruned", _changed(network, hidden_layer_sizes=(16, 8)), parts, lineage
        ),
        "wide": _trained(directory / "wide", wide, parts, lineage),
    }
    packages["boosting-b"] = write_variant(directory / "boosting", directory / "boosting-b")
    for name in ("network", "wide"):
        packages[f"{name}-int8"] = _remade(
            packages[name], directory / f"{name}-int8", quantized(_graph(packages[name]))
        )
    packages["boosting-slow"] = _remade(
        packages["boosting"], directory / "boosting-slow", with_copied_trees(_graph(packages["boosting"]), SLOW_COPIES)
    )
    packages["lookup"] = _remade(packages["boosting"], directory / "lookup", lookup_model())

    rows = parts.holdout[FEATURE_NAMES].head(SHOWN_ROWS).to_numpy().tolist()
    (directory / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    described = _described(packages, parts.holdout, synthetic=lineage["data"]["synthetic"])
    # Written last: whoever finds it finds everything.
    (directory / "variants.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    return described


def quantized(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with 8-bit weights, and activations quantized as they come (no calibration)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "model.onnx"
        quantize_dynamic(model, target, weight_type=QuantType.QInt8)
        return onnx.load(str(target))


def with_copied_trees(model: onnx.ModelProto, copies: int) -> onnx.ModelProto:
    """The model with each tree ``copies`` times at a share of its weight: the same scores, that much more work."""
    grown = onnx.ModelProto()
    grown.CopyFrom(model)
    for node in grown.graph.node:
        if not node.op_type.startswith("TreeEnsemble"):
            continue
        for attribute in node.attribute:
            kind, _, field = attribute.name.partition("_")
            if kind not in ("nodes", "target", "class") or field in ("weights_as_tensor", "values_as_tensor"):
                continue
            values = list(helper.get_attribute_value(attribute))
            if field == "treeids":
                step = max(values) + 1
                values = [value + step * copy for copy in range(copies) for value in values]
            elif field == "weights":
                values = [value / copies for value in values] * copies
            else:
                values = values * copies
            attribute.CopyFrom(helper.make_attribute(attribute.name, values))
    onnx.checker.check_model(grown)
    return grown


def lookup_model() -> onnx.ModelProto:
    """A score out of a table of 200 MB, one line of it a row of the request."""
    table = np.random.default_rng(SEED).normal(size=(_TABLE_ROWS, _TABLE_WIDTH)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", [INPUT["name"], "first"], ["amount"], axis=1),
        helper.make_node("Cast", ["amount"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Mod", ["whole", "lines"], ["line"]),
        helper.make_node("Gather", ["table", "line"], ["found"], axis=0),
        helper.make_node("ReduceMean", ["found", "last"], ["logit"], keepdims=0),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
        helper.make_node("GreaterOrEqual", ["score", "threshold"], ["decided"]),
        helper.make_node("Cast", ["decided"], ["label"], to=TensorProto.INT64),
    ]
    graph = helper.make_graph(
        nodes,
        "lookup",
        [helper.make_tensor_value_info(INPUT["name"], TensorProto.FLOAT, ["rows", len(FEATURES)])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows"]),
            helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
        ],
        [
            numpy_helper.from_array(np.array(0, dtype=np.int64), "first"),
            numpy_helper.from_array(np.array(_TABLE_ROWS, dtype=np.int64), "lines"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "last"),
            numpy_helper.from_array(np.array(0.5, dtype=np.float32), "threshold"),
            numpy_helper.from_array(table, "table"),
        ],
    )
    return helper.make_model(graph, opset_imports=OPSET, ir_version=IR_VERSION, producer_name="benchmark-packages")


def _table(dataset_uri: str) -> tuple[pd.DataFrame, Lineage]:
    dataset = load_dataset(dataset_uri)
    frame = validate(dataset.frame, dataset.uri)
    run = Run(
        dag_id="benchmark",
        dag_run_id="benchmark",
        git_commit=None,
        dataset_uri=dataset_uri,
        seed=SEED,
        candidates=(),
        auto_promote=False,
    )
    data = DataLineage(
        uri=dataset.uri,
        sha256=fingerprint(frame),
        rows=len(frame),
        synthetic=dataset.synthetic,
        window={"start": None, "end": None},
    )
    return frame, lineage_of(run, data)


def _changed(candidate: Candidate, **parameters: Any) -> Candidate:
    return replace(candidate, parameters={**candidate.parameters, **parameters})


def _trained(directory: Path, candidate: Candidate, parts: Split, lineage: Lineage) -> Package:
    model = fit(candidate, parts.training, SEED)
    return write_credit_package(
        directory,
        model=model,
        model_name=MODEL_NAME,
        threshold=ks_threshold(parts.validation[TARGET].to_numpy(), scores_of(model, parts.validation)),
        training=parts.training,
        lineage=lineage,
        metrics=part_metrics(model, parts),
    )


def _remade(source: Package, directory: Path, model: onnx.ModelProto) -> Package:
    """Another graph behind the description of ``source``."""
    manifest = source.manifest
    return write_package(
        directory,
        model=model,
        description=Description.of_manifest(manifest),
        golden_rows=manifest["golden"]["rows"],
        reference=manifest["reference"],
        lineage=manifest["lineage"],
        metrics={},
    )


def _graph(package: Package) -> onnx.ModelProto:
    return onnx.load(str(package.directory / "model.onnx"))


def _described(packages: dict[str, Package], holdout: pd.DataFrame, *, synthetic: bool) -> dict[str, dict[str, Any]]:
    scores = {name: _scores(package, holdout) for name, package in packages.items()}
    labels = holdout[TARGET].to_numpy()
    described: dict[str, dict[str, Any]] = {}
    for name, package in packages.items():
        parent = _PARENTS.get(name)
        described[name] = {
            "bytes": (package.directory / "model.onnx").stat().st_size,
            "synthetic": synthetic,
            "holdout_auc": evaluate_scores(labels, scores[name])["auc"],
            "parent": parent,
            "largest_score_difference": (
                None if parent is None else float(np.max(np.abs(scores[name] - scores[parent])))
            ),
        }
    return described


def _scores(package: Package, holdout: pd.DataFrame) -> npt.NDArray[np.float64]:
    scorer = Scorer(package.directory / "model.onnx", layout=INPUT, features=FEATURES, outputs=OUTPUTS)
    return scorer.score_tensor(holdout[FEATURE_NAMES].to_numpy())["score"].astype(np.float64)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--dataset", default="synthetic:", help="file:, https:, s3:, synthetic: or a path")
    options = parser.parse_args()
    print(json.dumps(write_benchmark_packages(options.out_dir, options.dataset)))


if __name__ == "__main__":
    main()
