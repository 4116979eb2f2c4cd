"""Reference histograms."""

from __future__ import annotations

import numpy as np

from retraining.histogram import histogram_of, numeric_histogram


def test_a_value_on_an_edge_is_in_the_bin_that_the_edge_closes() -> None:
    histogram = numeric_histogram(np.array([0.5, 1.0, 1.5, 2.0, 9.0, np.nan]), edges=[1.0, 2.0])
    assert histogram == {"kind": "numeric", "edges": [1.0, 2.0], "counts": [2, 2, 1], "missing": 1}


def test_edges_ascend_where_most_values_are_equal() -> None:
    histogram = numeric_histogram(np.array([0] * 95 + [1, 2, 3, 4, 5]))
    assert histogram["edges"] == sorted(set(histogram["edges"]))
    assert sum(histogram["counts"]) == 100


def test_nothing_but_missing_values_is_one_empty_bin() -> None:
    histogram = numeric_histogram(np.array([np.nan, np.nan]))
    assert histogram == {"kind": "numeric", "edges": [], "counts": [0], "missing": 2}


def test_categories_are_counted_in_their_order() -> None:
    histogram = histogram_of(
        {"name": "sex", "type": "int64", "nullable": False, "categories": [1, 2]}, np.array([2, 2, 1])
    )
    assert histogram == {"kind": "categorical", "categories": [1, 2], "counts": [1, 2], "missing": 0}
