"""Small ONNX models, written node by node, and their packages.

None of them knows credit scoring: they are here so that both languages can test that any model
which keeps the contract works.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from retraining.manifest import Feature, Lineage, Manifest, Output, Reference, Row
from retraining.package import Description, Package, write_package

OPSET = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
IR_VERSION = 10
"""What opset 21 came with; the newest that onnx writes may be newer than the runtimes that read it."""

TENSOR_FEATURES: list[Feature] = [
    {"name": "income", "type": "float32", "nullable": True, "description": "Thousands a year; null if not said."},
    {"name": "grade", "type": "int64", "nullable": False, "categories": [1, 2, 3, 4]},
    {"name": "utilisation", "type": "float32", "nullable": False, "range": {"min": 0, "max": 1.5}},
]
TENSOR_ROWS: list[Row] = [
    [40.0, 1, 0.25],
    [None, 2, 0.5],
    [0.0, 3, 0.0],
    [250.5, 4, 1.5],
    [None, 1, 1.0],
    [12.75, 4, 0.125],
]
COLUMN_FEATURES: list[Feature] = [
    {"name": "purpose", "type": "string", "nullable": False, "categories": ["car", "home", "отпуск"]},
    {"name": "amount", "type": "float64", "nullable": False, "range": {"min": 0}},
    {"name": "term_months", "type": "int32", "nullable": False, "range": {"min": 1, "max": 360}},
    {"name": "insured", "type": "bool", "nullable": False},
]
COLUMN_ROWS: list[Row] = [
    ["car", 1500.0, 12, True],
    ["home", 250000.0, 360, False],
    ["отпуск", 0.0, 1, False],
    ["car", 99999.99, 60, True],
    ["home", 5000.0, 2, False],
]
LINEAGE: Lineage = {
    "git_commit": None,
    "dag_id": None,
    "dag_run_id": None,
    "seed": 7,
    "created_at": "2026-01-01T00:00:00Z",
    "environment_lock_sha256": None,
    "data": {
        "uri": "synthetic:",
        "sha256": "0" * 64,
        "rows": 6,
        "synthetic": True,
        "window": {"start": None, "end": None},
    },
}


def logistic_model(weights: Sequence[float], bias: float, threshold: float) -> onnx.ModelProto:
    """``score = sigmoid(features . weights + bias)`` with a missing value read as 0, and ``label``."""
    nodes = [
        helper.make_node("IsNaN", ["features"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "features"], ["known"]),
        helper.make_node("MatMul", ["known", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
        helper.make_node("GreaterOrEqual", ["score", "threshold"], ["decided"]),
        helper.make_node("Cast", ["decided"], ["label"], to=TensorProto.INT64),
    ]
    constants = {"zero": 0.0, "weights": list(weights), "bias": bias, "threshold": threshold}
    graph = helper.make_graph(
        nodes,
        "logistic",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", len(weights)])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows"]),
            helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
        ],
        [numpy_helper.from_array(np.array(value, dtype=np.float32), name) for name, value in constants.items()],
    )
    return _checked(graph)


def columns_model() -> onnx.ModelProto:
    """A graph with one input per column, strings among them, and outputs of every kind."""
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["purpose"],
            ["purpose_weight"],
            domain="ai.onnx.ml",
            keys_strings=["car", "home", "отпуск"],
            values_floats=[0.1, -0.4, 0.9],
            default_float=0.0,
        ),
        helper.make_node("Reshape", ["purpose_weight", "flat"], ["purpose_flat"]),
        helper.make_node("Cast", ["amount"], ["amount_float"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["term_months"], ["term_float"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["amount_float", "term_float"], ["monthly"]),
        helper.make_node("Mul", ["monthly", "per_thousand"], ["burden"]),
        helper.make_node("Add", ["burden", "purpose_flat"], ["risk_float"]),
        helper.make_node("Cast", ["risk_float"], ["risk"], to=TensorProto.DOUBLE),
        helper.make_node("Greater", ["risk_float", "one"], ["risky"]),
        helper.make_node("Not", ["insured"], ["uninsured"]),
        helper.make_node("And", ["risky", "uninsured"], ["review"]),
        helper.make_node("Cast", ["risky"], ["tier"], to=TensorProto.INT64),
        helper.make_node(
            "LabelEncoder",
            ["tier"],
            ["segment"],
            domain="ai.onnx.ml",
            keys_int64s=[0, 1],
            values_strings=["prime", "watch"],
            default_string="unknown",
        ),
        helper.make_node("Unsqueeze", ["risk_float", "last"], ["risk_column"]),
        helper.make_node("Mul", ["risk_column", "slopes"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "columns",
        [
            # [rows, 1] and [rows]: the contract allows both, so both are here.
            helper.make_tensor_value_info("purpose", TensorProto.STRING, ["rows", 1]),
            helper.make_tensor_value_info("amount", TensorProto.DOUBLE, ["rows"]),
            helper.make_tensor_value_info("term_months", TensorProto.INT32, ["rows"]),
            helper.make_tensor_value_info("insured", TensorProto.BOOL, ["rows"]),
        ],
        [
            helper.make_tensor_value_info("risk", TensorProto.DOUBLE, ["rows"]),
            helper.make_tensor_value_info("tier", TensorProto.INT64, ["rows"]),
            helper.make_tensor_value_info("segment", TensorProto.STRING, ["rows"]),
            helper.make_tensor_value_info("review", TensorProto.BOOL, ["rows"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", 3]),
        ],
        [
            numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "last"),
            numpy_helper.from_array(np.array(0.001, dtype=np.float32), "per_thousand"),
            numpy_helper.from_array(np.array(1.0, dtype=np.float32), "one"),
            numpy_helper.from_array(np.array([[-1.0, 0.5, 1.0]], dtype=np.float32), "slopes"),
        ],
    )
    return _checked(graph)


def tensor_description(threshold: float = 0.5, model_name: str = "small-tensor") -> Description:
    """What ``logistic_model`` takes and answers."""
    return Description(
        model_name=model_name,
        task="binary_classification",
        input={"layout": "tensor", "name": "features", "type": "float32"},
        features=TENSOR_FEATURES,
        outputs=[
            {"name": "score", "type": "float32", "shape": [], "description": "Probability of the positive class."},
            {"name": "label", "type": "int64", "shape": []},
        ],
        decision={"threshold": threshold, "positive_class": 1},
    )


def columns_description(model_name: str = "small-columns") -> Description:
    """What ``columns_model`` takes and answers."""
    outputs: list[Output] = [
        {"name": "risk", "type": "float64", "shape": []},
        {"name": "tier", "type": "int64", "shape": []},
        {"name": "segment", "type": "string", "shape": []},
        {"name": "review", "type": "bool", "shape": []},
        {"name": "probabilities", "type": "float32", "shape": [3]},
    ]
    return Description(
        model_name=model_name, task="generic", input={"layout": "columns"}, features=COLUMN_FEATURES, outputs=outputs
    )


def tensor_reference() -> Reference:
    """Histograms of ``TENSOR_ROWS``."""
    return {
        "features": {
            "income": {"kind": "numeric", "edges": [10.0, 100.0], "counts": [1, 2, 1], "missing": 2},
            "grade": {"kind": "categorical", "categories": [1, 2, 3, 4], "counts": [2, 1, 1, 2], "missing": 0},
        },
        "outputs": {"score": {"kind": "numeric", "edges": [0.5], "counts": [3, 3], "missing": 0}},
    }


def write_tensor_package(
    directory: Path,
    *,
    weights: Sequence[float] = (-0.02, 0.5, 1.25),
    bias: float = -1.0,
    threshold: float = 0.5,
    model_name: str = "small-tensor",
) -> Package:
    """The package of a ``logistic_model``."""
    return write_package(
        directory,
        model=logistic_model(weights, bias, threshold),
        description=tensor_description(threshold, model_name),
        golden_rows=TENSOR_ROWS,
        reference=tensor_reference(),
        lineage=LINEAGE,
        metrics={"holdout_auc": 0.75},
    )


def write_columns_package(directory: Path, *, model_name: str = "small-columns") -> Package:
    """The package of ``columns_model``."""
    purposes: list[float | int | str | bool] = ["car", "home", "отпуск"]
    return write_package(
        directory,
        model=columns_model(),
        description=columns_description(model_name),
        golden_rows=COLUMN_ROWS,
        reference={
            "features": {
                "purpose": {"kind": "categorical", "categories": purposes, "counts": [2, 2, 1], "missing": 0},
                "insured": {"kind": "categorical", "categories": [False, True], "counts": [3, 2], "missing": 0},
            },
            "outputs": {"risk": {"kind": "numeric", "edges": [0.0, 1.0], "counts": [0, 3, 2], "missing": 0}},
        },
        lineage=LINEAGE,
        metrics={},
    )


def shifted_model(model: onnx.ModelProto, manifest: Manifest) -> onnx.ModelProto:
    """The same model answering ``score * 0.5 + 0.25``, with ``label`` decided again on the new score.

    Its signature stays, its answers do not: what a test needs to see that a swap took place.
    """
    decision = manifest.get("decision")
    if decision is None:
        raise ValueError("a variant needs a score and a decision: the task is not binary_classification")
    shifted = onnx.ModelProto()
    shifted.CopyFrom(model)
    types = {node.name: node.type.tensor_type.elem_type for node in shifted.graph.output}
    for node in shifted.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name in ("score", "label"):
                    names[index] = f"original_{name}"
    dtype: Any = helper.tensor_dtype_to_np_dtype(types["score"])
    for name, value in {"half": 0.5, "quarter": 0.25, "cut": decision["threshold"]}.items():
        shifted.graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=dtype), f"variant_{name}"))
    shifted.graph.node.extend(
        [
            helper.make_node("Mul", ["original_score", "variant_half"], ["variant_product"]),
            helper.make_node("Add", ["variant_product", "variant_quarter"], ["score"]),
            helper.make_node("GreaterOrEqual", ["score", "variant_cut"], ["variant_decided"]),
            helper.make_node("Cast", ["variant_decided"], ["label"], to=types["label"]),
        ]
    )
    onnx.checker.check_model(shifted)
    return shifted


def _checked(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=IR_VERSION, producer_name="small-models")
    onnx.checker.check_model(model, full_check=True)
    return model
