"""The graph in onnxruntime, with one thread inside a call, as for every server in the comparison."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime


class Graph:
    """``model.onnx`` of the folder that MODEL_DIR names."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = Path(os.environ["MODEL_DIR"]) / "model.onnx"
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(self, rows: npt.ArrayLike) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Scores and labels of rows ``[n, features]``."""
        score, label = self._session.run(["score", "label"], {"features": np.asarray(rows, dtype=np.float32)})
        return score, label
