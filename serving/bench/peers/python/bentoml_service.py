"""BentoML with its adaptive batching on and its access log off."""

from __future__ import annotations

import bentoml
from applicant import Applicant, rows_of
from graph import Graph


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class CreditScoring:
    """One worker: the API server and the model in one process, as BentoML 1.4 has it."""

    def __init__(self) -> None:
        self._graph = Graph()

    @bentoml.api(route="/predict", batchable=True, max_batch_size=10_000)
    async def predict(self, instances: list[Applicant]) -> list[dict[str, float]]:
        """A batch may hold the rows of several requests. A coroutine, which saves BentoML a change of threads."""
        scores, labels = self._graph.run(rows_of(instances))
        return [{"score": score, "label": label} for score, label in zip(scores.tolist(), labels.tolist(), strict=True)]
