"""FastAPI as its documentation teaches it: pydantic in, pydantic out, prometheus_client."""

from __future__ import annotations

from applicant import Prediction, PredictRequest, PredictResponse, rows_of
from fastapi import FastAPI, Response
from graph import Graph
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest

app = FastAPI()
graph = Graph()
duration = Histogram("prediction_duration_seconds", "Time to answer", ["model_version"])


@app.post("/predict")
async def predict(request: PredictRequest, response: Response) -> PredictResponse:
    """A coroutine, since the graph takes microseconds: FastAPI's thread pool would cost more."""
    with duration.labels("1").time():
        scores, labels = graph.run(rows_of(request.instances))
        response.headers["x-model-version"] = "1"
        predictions = [
            Prediction(score=score, label=label) for score, label in zip(scores.tolist(), labels.tolist(), strict=True)
        ]
        return PredictResponse(predictions=predictions, model_version="1")


@app.get("/metrics")
async def metrics() -> Response:
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
