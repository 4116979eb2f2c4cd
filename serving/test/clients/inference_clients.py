"""Asks a serving tier as its users' own client libraries do, and prints what they got as JSON.

    python inference_clients.py HOST HTTP_PORT GRPC_PORT

The tier serves ``small-tensor`` (tensor of float32) and ``small-columns`` (one input a column, with strings).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import tritonclient.grpc
import tritonclient.http
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from tritonclient.utils import InferenceServerException


def ask_triton(module: Any, address: str, question: dict[str, Any]) -> dict[str, Any]:
    """Tensors in, tensors out; an error as its status."""
    client = module.InferenceServerClient(address)
    inputs = []
    for name, (datatype, shape, values) in question["inputs"].items():
        array = np.array([value.encode() for value in values] if datatype == "BYTES" else values)
        kinds = {"FP32": np.float32, "FP64": np.float64, "INT64": np.int64, "INT32": np.int32, "BOOL": np.bool_}
        array = array.astype(kinds.get(datatype, np.object_)).reshape(shape)
        tensor = module.InferInput(name, shape, datatype)
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    try:
        result = client.infer(question["model"], inputs, model_version=question.get("version", ""), request_id="r-1")
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    answer = result.get_response()
    outputs = answer["outputs"] if isinstance(answer, dict) else answer.outputs
    names = [output["name"] if isinstance(output, dict) else output.name for output in outputs]
    arrays = {name: result.as_numpy(name) for name in names}
    return {
        "version": answer["model_version"] if isinstance(answer, dict) else answer.model_version,
        "id": answer["id"] if isinstance(answer, dict) else answer.id,
        "outputs": {
            name: [item.decode() if isinstance(item, bytes) else item for item in array.tolist()]
            for name, array in arrays.items()
        },
    }


def describe_triton(module: Any, address: str, **options: Any) -> dict[str, Any]:
    """What the server says of itself and of a model."""
    client = module.InferenceServerClient(address)
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready("small-tensor"),
        "other_version_ready": client.is_model_ready("small-tensor", "2"),
        "server": client.get_server_metadata(**options),
        "model": client.get_model_metadata("small-tensor", **options),
    }


def main() -> None:
    """Reads questions from standard input; the answers go to standard output."""
    host, http_port, grpc_port = sys.argv[1:4]
    question = json.load(sys.stdin)
    scoring = ScoringServerClient(host, int(http_port))
    scoring.wait_server_ready()
    frame = pd.DataFrame(question["frame"]["rows"], columns=question["frame"]["columns"])
    answers = {
        "http": [ask_triton(tritonclient.http, f"{host}:{http_port}", item) for item in question["infer"]],
        "grpc": [ask_triton(tritonclient.grpc, f"{host}:{grpc_port}", item) for item in question["infer"]],
        "http_description": describe_triton(tritonclient.http, f"{host}:{http_port}"),
        "grpc_description": describe_triton(tritonclient.grpc, f"{host}:{grpc_port}", as_json=True),
        "mlflow": {
            "version": scoring.get_version(),
            "predictions": scoring.invoke(frame).get_predictions().to_dict("records"),
        },
    }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
