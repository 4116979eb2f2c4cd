"""From a fitted scikit-learn classifier to an ONNX graph that decides by itself.

The graph answers ``score`` (probability of class 1) and ``label`` (score >= threshold), so that serving
needs no knowledge of the task.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from retraining.errors import ConversionError
from retraining.graph_model import GraphModel
from retraining.manifest import Output, TensorInput

INPUT: TensorInput = {"layout": "tensor", "name": "features", "type": "float32"}
OUTPUTS: list[Output] = [
    {"name": "score", "type": "float32", "shape": [], "description": "Probability of the positive class."},
    {"name": "label", "type": "int64", "shape": [], "description": "1 where score >= the decision threshold."},
]
LARGEST_DIFFERENCE = 1e-5
"""Between a trainer's float64 and the graph's float32: ten times what was measured, far below any decision."""

_OPSETS = {"": 21, "ai.onnx.ml": 3}
_PRODUCER = "credit-scoring-retraining"


def to_decision_graph(model: Any, features: int, threshold: float) -> onnx.ModelProto:
    """The graph of a fitted binary classifier with ``features`` inputs and a threshold on its score."""
    decided = with_decision(to_probability_graph(model, features), threshold)
    onnx.checker.check_model(decided)
    return decided


def to_probability_graph(model: Any, features: int) -> onnx.ModelProto:
    """The graph that answers class probabilities ``[rows, 2]``, as the converter makes it.

    A model that is a graph already, because it was quantized, is that one.
    """
    if isinstance(model, GraphModel):
        return model.graph
    from skl2onnx import to_onnx

    converted: onnx.ModelProto = to_onnx(
        model,
        np.zeros((1, features), dtype=np.float32),
        options={"zipmap": False},
        target_opset=_OPSETS,
    )
    return converted


def with_decision(model: onnx.ModelProto, threshold: float) -> onnx.ModelProto:
    """The model with its outputs replaced by ``score [rows]`` and ``label [rows]``.

    Takes a graph with one input and a float output of class probabilities ``[rows, 2]``.
    """
    graph = model.graph
    probabilities = next((node.name for node in graph.output if _is_float_matrix(node)), None)
    if probabilities is None or len(graph.input) != 1:
        raise ConversionError("the graph does not have one input and an output of class probabilities")
    source = graph.input[0].name
    for node in graph.node:
        _rename(node.input, source, INPUT["name"])
        for taken in ("score", "label"):  # the converter calls its own decision so
            _rename(node.input, taken, f"trainer_{taken}")
            _rename(node.output, taken, f"trainer_{taken}")
    nodes = [
        helper.make_node("Gather", [probabilities, "decision_positive"], ["score"], axis=1),
        helper.make_node("GreaterOrEqual", ["score", "decision_threshold"], ["decision_made"]),
        helper.make_node("Cast", ["decision_made"], ["label"], to=TensorProto.INT64),
    ]
    width = graph.input[0].type.tensor_type.shape.dim[1].dim_value
    decided = helper.make_graph(
        [*graph.node, *nodes],
        "credit_scoring",
        [helper.make_tensor_value_info(INPUT["name"], TensorProto.FLOAT, ["rows", width])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows"]),
            helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
        ],
        [
            *graph.initializer,
            numpy_helper.from_array(np.array(1, dtype=np.int64), "decision_positive"),
            numpy_helper.from_array(np.array(threshold, dtype=np.float32), "decision_threshold"),
        ],
    )
    return helper.make_model(
        _without_dead_ends(decided),
        opset_imports=list(model.opset_import),
        ir_version=model.ir_version,
        producer_name=_PRODUCER,
    )


def check_conversion(trainer: npt.NDArray[np.floating], graph: npt.NDArray[np.floating]) -> float:
    """The largest absolute difference of two columns of scores; ConversionError where it is too large."""
    if trainer.shape != graph.shape:
        raise ConversionError(f"the trainer scored {trainer.shape[0]} rows, the graph {graph.shape[0]}")
    difference = np.abs(trainer.astype(np.float64) - graph.astype(np.float64))
    # "not <=" rather than ">": a NaN is a difference too.
    apart = ~(difference <= LARGEST_DIFFERENCE)
    if apart.any():
        raise ConversionError(
            f"{int(apart.sum())} of {len(difference)} holdout rows score differently in ONNX;"
            f" the largest difference is {np.max(difference):.3g}, allowed are {LARGEST_DIFFERENCE:g}"
        )
    return float(np.max(difference, initial=0.0))


def score_shift(parent: npt.NDArray[np.floating], variant: npt.NDArray[np.floating]) -> tuple[float, float]:
    """How far a quantized model's scores are from those of the model it was made from: largest and mean distance.

    Rounding is what quantization is, so there is no bound here: a gate judges whether it is too much.
    """
    if parent.shape != variant.shape or not np.isfinite(variant).all():
        raise ConversionError(f"the quantized graph did not score all of {parent.shape[0]} holdout rows")
    difference = np.abs(parent.astype(np.float64) - variant.astype(np.float64))
    return float(np.max(difference, initial=0.0)), float(np.mean(difference))


def _is_float_matrix(node: onnx.ValueInfoProto) -> bool:
    tensor = node.type.tensor_type
    return tensor.elem_type == TensorProto.FLOAT and len(tensor.shape.dim) == 2


def _rename(names: Any, old: str, new: str) -> None:
    for index, name in enumerate(names):
        if name == old:
            names[index] = new


def _without_dead_ends(graph: onnx.GraphProto) -> onnx.GraphProto:
    """Drops nodes that no output needs: the converter's own label, and what only it used."""
    needed = {node.name for node in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    initializers = [item for item in graph.initializer if item.name in needed]
    return helper.make_graph(list(reversed(kept)), graph.name, graph.input, graph.output, initializers)
