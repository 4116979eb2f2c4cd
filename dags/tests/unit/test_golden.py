"""Golden rows."""

from __future__ import annotations

import numpy as np

from retraining.golden import clear_of, golden_rows
from retraining.manifest import Feature, Row

FEATURES: list[Feature] = [
    {"name": "grade", "type": "int64", "nullable": False, "categories": [1, 2, 3]},
    {"name": "age", "type": "int64", "nullable": False, "range": {"min": 18, "max": 120}},
]


def test_rows_spread_over_the_scores_and_reach_the_edges() -> None:
    matrix = np.array([[1 + index % 3, 20 + index % 50] for index in range(100)])
    rows = golden_rows(FEATURES, matrix, np.linspace(0, 1, 100), count=24)
    assert len(rows) == 24
    assert matrix[0].tolist() in rows
    assert matrix[99].tolist() in rows
    assert [1, 18] in rows
    assert [3, 120] in rows


def test_leaves_out_rows_whose_label_hangs_by_a_thread() -> None:
    rows: list[Row] = [[1], [2], [3]]
    assert clear_of(0.5, rows, np.array([0.4, 0.50001, 0.6]), margin=1e-4) == [[1], [3]]
