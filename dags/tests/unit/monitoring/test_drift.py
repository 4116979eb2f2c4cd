"""Drift of a window against a reference."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from retraining.divergence import (
    jensen_shannon_distance,
    population_stability_index,
    stability_noise,
)
from retraining.histogram import categorical_histogram, numeric_histogram
from retraining.manifest import Manifest
from retraining.monitoring.configuration import DriftConfiguration
from retraining.monitoring.drift import ColumnDrift, any_drift, measure_drift

CONFIGURATION = DriftConfiguration(window_hours=24, min_rows=500, max_psi=0.25, max_jensen_shannon=0.15)
RANDOM = np.random.default_rng(3)
AGES = RANDOM.normal(40, 10, 20_000).round()
SCORES = RANDOM.beta(2, 5, 20_000)


def manifest_of() -> Manifest:
    features: list[dict[str, Any]] = [
        {"name": "age", "type": "int64", "nullable": False},
        {"name": "sex", "type": "string", "nullable": True, "categories": ["f", "m"]},
    ]
    reference = {
        "features": {
            "age": numeric_histogram(AGES),
            "sex": categorical_histogram(["f", "m"], np.array(["f", "m"] * 5000)),
        },
        "outputs": {"score": numeric_histogram(SCORES, [edge / 20 for edge in range(1, 20)])},
    }
    return cast(Manifest, {"features": features, "reference": reference})


def rows_of(count: int, *, older: float = 0, women: float = 0.5, version: str = "7") -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "version": version,
            "weight": 1.0,
            "score": random.beta(2, 5, count),
            "feature.age": (random.normal(40 + older, 10, count)).round(),
            "feature.sex": pd.array(np.where(random.random(count) < women, "f", "m"), dtype="string"),
        }
    )


def drift(rows: pd.DataFrame) -> dict[str, ColumnDrift]:
    return {column.name: column for column in measure_drift(rows, manifest_of(), "7", CONFIGURATION)}


def test_an_unchanged_population_has_not_drifted() -> None:
    found = drift(rows_of(2000))
    assert {name: column.drifted for name, column in found.items()} == {"age": False, "sex": False, "score": False}
    assert any_drift(list(found.values())) is False


def test_what_moved_is_named_and_comes_first() -> None:
    found = drift(rows_of(2000, older=12))
    assert next(iter(found)) == "age"
    assert (found["age"].drifted, found["sex"].drifted) == (True, False)
    assert any_drift(list(found.values())) is True


def test_too_few_rows_say_nothing() -> None:
    found = drift(rows_of(499, older=12))
    assert found["age"].psi is None
    assert any_drift(list(found.values())) is None


def test_outputs_are_those_of_the_champion_alone() -> None:
    found = drift(pd.concat([rows_of(2000, version="6"), rows_of(100)]))
    assert found["age"].rows == 2100
    assert (found["score"].rows, found["score"].drifted) == (100, None)


def test_unseen_categories_and_missing_values_count() -> None:
    rows = rows_of(1000)
    rows["feature.sex"] = pd.array(["d"] * 500 + [None] * 500, dtype="string")
    sex = drift(rows)["sex"]
    assert sex.current_shares == (0, 0, 0.5, 0.5)
    assert sex.jensen_shannon == pytest.approx(1)
    assert sex.drifted is True


def test_a_redacted_feature_is_not_taken_for_missing_values() -> None:
    rows = rows_of(1000)
    rows.loc[:399, "feature.age"] = np.nan
    assert drift(rows)["age"].rows == 600
    assert "age" not in drift(rows.drop(columns="feature.age"))


def test_weights_undo_the_sampling() -> None:
    rows = rows_of(3000)
    kept = rows[(rows["feature.age"] < 40) | (np.arange(3000) % 4 == 0)].copy()
    assert (drift(kept)["age"].psi or 0) > 0.2
    kept["weight"] = np.where(kept["feature.age"] < 40, 1.0, 4.0)
    assert (drift(kept)["age"].psi or 0) < 0.05


def test_the_measures_agree_with_their_definitions() -> None:
    from scipy.spatial.distance import jensenshannon  # type: ignore[import-untyped]

    p, q = np.array([60.0, 30.0, 10.0]), np.array([2.0, 5.0, 3.0])
    assert jensen_shannon_distance(p, q) == pytest.approx(jensenshannon(p, q, 2))
    exact = ((q / 10 - p / 100) * np.log((q / 10) / (p / 100))).sum()
    assert population_stability_index(p, q) == pytest.approx(exact, rel=0.01)
    assert population_stability_index(p, p * 7) == 0
    assert jensen_shannon_distance(np.array([1.0, 0]), np.array([0, 1.0])) == 1


def test_noise_is_what_one_unchanged_window_in_a_thousand_exceeds() -> None:
    random = np.random.default_rng(1)
    shares = np.full(10, 0.1)
    bound = stability_noise(10, 2000, 600)
    draws = [
        population_stability_index(
            random.multinomial(2000, shares).astype(np.float64), random.multinomial(600, shares).astype(np.float64)
        )
        for _ in range(4000)
    ]
    assert np.mean(np.array(draws) > bound) < 0.004
    assert np.quantile(draws, 0.98) > bound / 2
