"""A model package's graph, asked the way serving asks it: by the manifest alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from retraining.errors import ContractError
from retraining.manifest import ColumnsInput, Feature, Manifest, Output, Row, Scalar, TensorInput, TensorType

NUMPY_TYPES: dict[TensorType, Any] = {
    "float32": np.float32,
    "float64": np.float64,
    "int32": np.int32,
    "int64": np.int64,
    "bool": np.bool_,
    "string": np.object_,
}

_ONNX_TYPES: dict[str, TensorType] = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
    "tensor(string)": "string",
}


class Scorer:
    """One loaded graph with the features and outputs that it is said to have."""

    def __init__(
        self,
        graph: bytes | Path,
        *,
        layout: TensorInput | ColumnsInput,
        features: Sequence[Feature],
        outputs: Sequence[Output],
    ) -> None:
        """Loads the graph; a ContractError (``graph``) where the runtime cannot or the interface differs."""
        self._layout = layout
        self._features = features
        self._outputs = outputs
        source = graph if isinstance(graph, bytes) else str(graph)
        try:
            self._session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises a different class for every way a file can be bad
            raise ContractError("graph", f"onnxruntime cannot load it: {_first_line(error)}") from error
        self._ranks = {node.name: len(node.shape) for node in self._session.get_inputs()}
        self._check_inputs()
        self._check_outputs()

    @classmethod
    def of_package(cls, directory: Path, manifest: Manifest) -> Scorer:
        """The scorer of a package folder."""
        return cls(
            directory / "model.onnx",
            layout=manifest["input"],
            features=manifest["features"],
            outputs=manifest["outputs"],
        )

    def score_rows(self, rows: Sequence[Row]) -> dict[str, np.ndarray[Any, Any]]:
        """Output name -> array ``[rows]`` or ``[rows, k]`` for positional rows; None goes in as NaN."""
        if self._layout["layout"] == "tensor":
            return self.score_tensor(_array(rows, self._layout["type"]))
        feeds: dict[str, np.ndarray[Any, Any]] = {}
        for position, feature in enumerate(self._features):
            column = _array([row[position] for row in rows], feature["type"])
            feeds[feature["name"]] = column.reshape(-1, 1) if self._ranks[feature["name"]] == 2 else column
        return self._run(feeds, len(rows))

    def score_tensor(self, matrix: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        """Output name -> array, for a matrix ``[rows, features]`` and a graph with one tensor input."""
        if self._layout["layout"] != "tensor":
            raise ContractError("graph", "the graph has one input per column, not one tensor")
        return self._run({self._layout["name"]: matrix.astype(NUMPY_TYPES[self._layout["type"]])}, len(matrix))

    def _run(self, feeds: dict[str, np.ndarray[Any, Any]], rows: int) -> dict[str, np.ndarray[Any, Any]]:
        names = [output["name"] for output in self._outputs]
        try:
            answers = self._session.run(names, feeds)
        except Exception as error:  # as above: the runtime's exception classes share no base
            raise ContractError("graph", f"onnxruntime cannot run it: {_first_line(error)}") from error
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        for output, answer in zip(self._outputs, answers, strict=True):
            expected = (rows, *output["shape"])
            array = np.asarray(answer)
            if array.size != int(np.prod(expected)):
                raise ContractError("graph", f"{output['name']} answered {array.shape}, expected {expected}")
            arrays[output["name"]] = array.reshape(expected)
        return arrays

    def _check_inputs(self) -> None:
        declared: dict[str, tuple[TensorType, int | None]]
        if self._layout["layout"] == "tensor":
            declared = {self._layout["name"]: (self._layout["type"], len(self._features))}
        else:
            declared = {feature["name"]: (feature["type"], 1) for feature in self._features}
        nodes = {node.name: node for node in self._session.get_inputs()}
        if nodes.keys() != declared.keys():
            raise ContractError("graph", f"inputs are {sorted(nodes)}, the manifest says {sorted(declared)}")
        for name, (tensor_type, width) in declared.items():
            _check_type(name, nodes[name].type, tensor_type)
            shape = nodes[name].shape
            flat = len(shape) == 1 and self._layout["layout"] == "columns"
            if not flat and (len(shape) != 2 or (isinstance(shape[1], int) and shape[1] != width)):
                raise ContractError("graph", f"input {name} has shape {shape}, expected [rows, {width}]")

    def _check_outputs(self) -> None:
        nodes = {node.name: node for node in self._session.get_outputs()}
        declared = [output["name"] for output in self._outputs]
        if nodes.keys() != set(declared):
            raise ContractError("graph", f"outputs are {sorted(nodes)}, the manifest says {sorted(declared)}")
        for output in self._outputs:
            _check_type(output["name"], nodes[output["name"]].type, output["type"])
            shape = nodes[output["name"]].shape
            width = shape[1] if len(shape) == 2 else 1
            expected = output["shape"][0] if output["shape"] else 1
            if len(shape) not in (1, 2) or (isinstance(width, int) and width != expected):
                raise ContractError("graph", f"output {output['name']} has shape {shape}, not {output['shape']} a row")


def plain(array: np.ndarray[Any, Any]) -> list[Scalar | list[Scalar]]:
    """An output as JSON values; float32 keeps its shortest decimal form instead of 0.10000000149011612."""
    if array.dtype == np.float32:
        array = np.array([float(str(value)) for value in array.ravel()]).reshape(array.shape)
    values: list[Scalar | list[Scalar]] = array.tolist()
    return values


def _array(values: Sequence[Any], tensor_type: TensorType) -> np.ndarray[Any, Any]:
    # numpy reads None as NaN where the type is a float, which is what the contract asks for.
    return np.array(values, dtype=NUMPY_TYPES[tensor_type])


def _check_type(name: str, onnx_type: str, expected: TensorType) -> None:
    if _ONNX_TYPES.get(onnx_type) != expected:
        raise ContractError("graph", f"{name} is {onnx_type}, the manifest says {expected}")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
