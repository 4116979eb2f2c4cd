"""The fastest that we could write on Starlette: orjson, no pydantic, bounds checked for all rows at once."""

from __future__ import annotations

from operator import itemgetter
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from graph import Graph
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_AMOUNT = (-10_000_000, 10_000_000)
_PAYMENT = (0, 10_000_000)
_STATUS = (-2, 9)
_BOUNDS = {
    "LIMIT_BAL": (1, 10_000_000),
    "SEX": (1, 2),
    "EDUCATION": (0, 6),
    "MARRIAGE": (0, 3),
    "AGE": (18, 120),
    **{f"PAY_{month}": _STATUS for month in (0, 2, 3, 4, 5, 6)},
    **{f"BILL_AMT{month}": _AMOUNT for month in range(1, 7)},
    **{f"PAY_AMT{month}": _PAYMENT for month in range(1, 7)},
}
_LOW = np.array([low for low, _ in _BOUNDS.values()])
_HIGH = np.array([high for _, high in _BOUNDS.values()])
_values = itemgetter(*_BOUNDS)
_HEADERS = {"x-model-version": "1"}

graph = Graph()
_observe = Histogram("prediction_duration_seconds", "Time to answer", ["model_version"]).labels("1").observe


def matrix_of(body: bytes) -> npt.NDArray[np.int64]:
    """Rows ``[n, features]``; ValueError where a field is missing, unknown, no integer or out of bounds."""
    try:
        instances: list[dict[str, Any]] = orjson.loads(body)["instances"]
        rows = np.array([_values(instance) for instance in instances])
    except (KeyError, TypeError) as error:
        raise ValueError(f"an instance cannot be read: {error!r}") from error
    if any(len(instance) != len(_BOUNDS) for instance in instances):
        raise ValueError("an instance has a field that the model does not know")
    if rows.dtype != np.int64:
        raise ValueError("a field is no integer")
    if (rows < _LOW).any() or (rows > _HIGH).any():
        raise ValueError("a field is out of bounds")
    return rows


async def predict(request: Request) -> Response:
    """One prediction."""
    started = perf_counter()
    try:
        rows = matrix_of(await request.body())
    except ValueError as error:
        return Response(orjson.dumps({"detail": str(error)}), 422, media_type="application/json")
    scores, labels = graph.run(rows)
    predictions = [
        {"score": score, "label": label} for score, label in zip(scores.tolist(), labels.tolist(), strict=True)
    ]
    content = orjson.dumps({"predictions": predictions, "model_version": "1"})
    _observe(perf_counter() - started)
    return Response(content, headers=_HEADERS, media_type="application/json")


async def metrics(_: Request) -> Response:
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


app = Starlette(
    routes=[Route("/predict", predict, methods=["POST"]), Route("/metrics", metrics)],
)
