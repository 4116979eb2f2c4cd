"""Golden rows: the questions that every copy of a model must answer alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retraining.manifest import Feature, Row, Scalar

DEFAULT_ROWS = 24


def golden_rows(
    features: Sequence[Feature],
    matrix: npt.NDArray[np.int64],
    scores: npt.NDArray[np.floating],
    count: int = DEFAULT_ROWS,
) -> list[Row]:
    """Rows for the manifest: real ones spread over the scores, then made ones at the edges of the domain.

    ``matrix`` is ``[rows, features]`` of whole numbers, ``scores`` ``[rows]``. The edges (all lowest, all
    highest, and one feature at a time off a typical row) are where a wrong type, order or overflow shows.
    """
    edges = _edge_rows(features, matrix)
    spread = np.argsort(scores, kind="stable")[np.linspace(0, len(scores) - 1, count - len(edges)).astype(int)]
    real: list[Row] = [matrix[index].tolist() for index in spread]
    return real + edges


def clear_of(threshold: float, rows: Sequence[Row], scores: npt.NDArray[np.floating], margin: float) -> list[Row]:
    """The rows whose score is further than ``margin`` from the threshold.

    Closer ones could change their label, which has no tolerance, by a difference that a score is allowed.
    """
    return [row for row, score in zip(rows, scores, strict=True) if abs(score - threshold) > margin]


def _edge_rows(features: Sequence[Feature], matrix: npt.NDArray[np.int64]) -> list[Row]:
    lowest: Row = [_edge(feature, first=True) for feature in features]
    highest: Row = [_edge(feature, first=False) for feature in features]
    typical: Row = matrix[len(matrix) // 2].tolist()
    alternating: Row = [
        low if index % 2 else high for index, (low, high) in enumerate(zip(lowest, highest, strict=True))
    ]
    rows: list[Row] = [lowest, highest, alternating]
    for position in (0, len(features) // 2, len(features) - 1):
        rows.append([*typical[:position], highest[position], *typical[position + 1 :]])
        rows.append([*typical[:position], lowest[position], *typical[position + 1 :]])
    return rows


def _edge(feature: Feature, *, first: bool) -> Scalar:
    if "categories" in feature:
        return feature["categories"][0 if first else -1]
    return feature["range"]["min" if first else "max"]
