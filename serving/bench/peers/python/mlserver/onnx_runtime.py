"""A runtime for ONNX graphs, which MLServer does not come with."""

from __future__ import annotations

from graph import Graph
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxRuntime(MLModel):
    """One float tensor in, score and label out; MLServer checks types and shapes."""

    async def load(self) -> bool:
        """Once, since parallel workers are off."""
        self._graph = Graph()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """The rows of one request."""
        scores, labels = self._graph.run(self.decode(payload.inputs[0], default_codec=NumpyCodec))
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[NumpyCodec.encode_output("score", scores), NumpyCodec.encode_output("label", labels)],
        )
