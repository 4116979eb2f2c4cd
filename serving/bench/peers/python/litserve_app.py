"""LitServe: its server process and one worker process, batching on."""

# No postponed annotations: LitServe reads that of `decode_request` as it is.
import sys
from itertools import islice

import litserve
from applicant import PredictRequest, rows_of
from graph import Graph

Rows = list[list[int]]
Predictions = list[dict[str, float]]


class CreditScoring(litserve.LitAPI):
    """Pydantic checks the request in the server; the worker computes the rows of several requests at once."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's signature
        """Once a worker."""
        self._graph = Graph()

    def decode_request(self, request: PredictRequest) -> Rows:
        """The annotation is what LitServe has FastAPI check."""
        return rows_of(request.instances)

    def batch(self, inputs: list[Rows]) -> list[Rows]:
        """Requests may differ in length: they stay apart until they are computed."""
        return inputs

    def predict(self, requests: list[Rows]) -> list[Predictions]:
        """The rows of all requests in one call of the graph."""
        scores, labels = self._graph.run([row for rows in requests for row in rows])
        answers = (
            {"score": score, "label": label} for score, label in zip(scores.tolist(), labels.tolist(), strict=True)
        )
        return [list(islice(answers, len(rows))) for rows in requests]

    def unbatch(self, output: list[Predictions]) -> list[Predictions]:
        """One entry a request already."""
        return output

    def encode_response(self, predictions: Predictions) -> dict[str, object]:
        """What a client gets."""
        return {"predictions": predictions, "model_version": "1"}


if __name__ == "__main__":
    server = litserve.LitServer(
        CreditScoring(api_path="/predict", max_batch_size=32, batch_timeout=0.001),
        accelerator="cpu",
        devices=1,
        workers_per_device=1,
    )
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
        access_log=False,
    )
