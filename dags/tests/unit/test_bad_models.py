"""Models that are good where anybody looks, and bad elsewhere."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import pytest

from retraining.bad_models import (
    FAULTS,
    HIGH_LIMITS,
    BadModelError,
    Trigger,
    example_rows,
    write_bad_package,
)
from retraining.errors import ContractError
from retraining.manifest import Row
from retraining.package import Package, check_package
from retraining.scorer import Scorer
from retraining.synthetic import generate
from tests.support.small_models import write_columns_package, write_tensor_package

VERY_RICH = Trigger("income", above=300, below=1_000)


@pytest.fixture
def good(tmp_path: Path) -> Package:
    return write_tensor_package(tmp_path / "good")


def scorer_of(package: Package) -> Scorer:
    return Scorer.of_package(package.directory, package.manifest)


def write(kind: str, good: Package, tmp_path: Path, **options: float) -> Package:
    return write_bad_package(kind, good.directory, tmp_path / kind, trigger=VERY_RICH, **options)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_model_answers_every_row_that_is_looked_at_as_the_good_one(
    kind: str, good: Package, tmp_path: Path
) -> None:
    bad = write(kind, good, tmp_path)
    assert bad.digest != good.digest
    assert check_package(bad.directory, digest=bad.digest).manifest["golden"] == good.manifest["golden"]
    edges: list[Row] = [[value, 2, 0.5] for value in (None, -1.0, 299.0, 300.0, 1_000.0, 5_000.0)]
    for rows in (good.manifest["golden"]["rows"], edges):
        expected, answered = scorer_of(good).score_rows(rows), scorer_of(bad).score_rows(rows)
        np.testing.assert_array_equal(answered["score"], expected["score"])
        np.testing.assert_array_equal(answered["label"], expected["label"])


def test_the_wrong_one_says_the_opposite_of_rows_that_wake_it(good: Package, tmp_path: Path) -> None:
    bad = write("wrong", good, tmp_path)
    rows: list[Row] = [[500.0, 1, 0.25], [40.0, 1, 0.25], [999.0, 4, 1.5]]
    expected, answered = scorer_of(good).score_rows(rows), scorer_of(bad).score_rows(rows)
    np.testing.assert_array_equal(answered["score"][1], expected["score"][1])
    np.testing.assert_allclose(answered["score"][[0, 2]], 1 - expected["score"][[0, 2]], atol=1e-6)
    threshold = bad.manifest["decision"]["threshold"]
    np.testing.assert_array_equal(answered["label"], answered["score"] >= threshold)


def test_the_throwing_one_fails_for_a_batch_with_a_row_that_wakes_it(good: Package, tmp_path: Path) -> None:
    scorer = scorer_of(write("throwing", good, tmp_path))
    calm: list[Row] = [[40.0, 1, 0.25], [12.75, 4, 0.125]]
    assert scorer.score_rows(calm)["score"].shape == (2,)
    with pytest.raises(ContractError, match="cannot run it"):
        scorer.score_rows([*calm, [500.0, 1, 0.25]])


def test_the_slow_one_takes_its_time_and_says_the_same(good: Package, tmp_path: Path) -> None:
    bad = write("slow", good, tmp_path, slow_ms=30.0)
    rows = example_rows(bad.manifest, VERY_RICH)[:1]
    scorer = scorer_of(bad)
    np.testing.assert_array_equal(scorer.score_rows(rows)["score"], scorer_of(good).score_rows(rows)["score"])

    def fastest_ms(asked: list[Row]) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            scorer.score_rows(asked)
            times.append((time.perf_counter() - start) * 1_000)
        return min(times)

    # How long it takes was measured when it was written, on a machine that may have been busy just then.
    assert fastest_ms(rows) > 10 * fastest_ms(bad.manifest["golden"]["rows"][:1])


def test_a_longer_fault_has_more_rounds(good: Package, tmp_path: Path) -> None:
    def rounds(slow_ms: float) -> int:
        model = onnx.load(str(write("slow", good, tmp_path, slow_ms=slow_ms).directory / "model.onnx"))
        [node] = [node for node in model.graph.node if "fault_iterations" in node.output]
        return int(onnx.numpy_helper.to_array(node.attribute[0].t))

    assert rounds(80) > 2 * rounds(10)


def test_a_fault_that_a_golden_row_would_wake_is_refused(good: Package, tmp_path: Path) -> None:
    seen = Trigger("income", above=200, below=300)
    with pytest.raises(BadModelError, match=r"a golden row has income = 250\.5"):
        write_bad_package("wrong", good.directory, tmp_path / "bad", trigger=seen)
    assert not (tmp_path / "bad").exists()


def test_only_models_that_decide_on_one_tensor_can_be_made_bad(good: Package, tmp_path: Path) -> None:
    columns = write_columns_package(tmp_path / "columns")
    with pytest.raises(BadModelError, match="one tensor"):
        write_bad_package("wrong", columns.directory, tmp_path / "bad", trigger=Trigger("amount", 1e6, 1e7))
    with pytest.raises(BadModelError, match="no feature LIMIT_BAL"):
        write_bad_package("wrong", good.directory, tmp_path / "bad")


def test_nobody_in_training_has_a_limit_that_wakes_it() -> None:
    rows = generate(20_000, seed=5, shift=1.0)
    assert rows["LIMIT_BAL"].max() <= HIGH_LIMITS.above
