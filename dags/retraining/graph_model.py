"""A model that is an ONNX graph, with the trainer's interface: what quantization leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx


@dataclass(frozen=True)
class GraphModel:
    """A graph with one input ``[rows, features]`` and an output of class probabilities ``[rows, 2]``."""

    graph_bytes: bytes

    @property
    def graph(self) -> onnx.ModelProto:
        """The graph, parsed anew, so that whoever asks may change it."""
        return onnx.load_from_string(self.graph_bytes)

    def predict_proba(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Class probabilities ``[rows, 2]``, by onnxruntime as in serving."""
        import onnxruntime

        session = onnxruntime.InferenceSession(self.graph_bytes, providers=["CPUExecutionProvider"])
        [output] = [node.name for node in session.get_outputs() if node.type == "tensor(float)"]
        [answer] = session.run([output], {session.get_inputs()[0].name: matrix})
        probabilities: npt.NDArray[np.float32] = answer
        return probabilities
