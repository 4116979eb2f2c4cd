"""Training and conversion: what goes in comes out, every time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retraining.candidates import CANDIDATES, candidate_named
from retraining.conversion import INPUT, OUTPUTS, check_conversion, to_decision_graph
from retraining.credit_package import write_credit_package
from retraining.errors import ConfigurationError, ConversionError
from retraining.schema import FEATURES
from retraining.scorer import Scorer
from retraining.split import Split, split
from retraining.training import fit, matrix_of, scores_of
from tests.support.small_models import LINEAGE


@pytest.fixture(scope="module")
def parts(credit_rows: pd.DataFrame) -> Split:
    return split(credit_rows)


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_graph_scores_and_decides_as_the_trainer(parts: Split, name: str) -> None:
    model = fit(candidate_named(name), parts.training, seed=7)
    graph = to_decision_graph(model, len(FEATURES), threshold=0.25).SerializeToString()
    answers = Scorer(graph, layout=INPUT, features=FEATURES, outputs=OUTPUTS).score_tensor(matrix_of(parts.holdout))
    assert check_conversion(scores_of(model, parts.holdout), answers["score"]) < 1e-5
    assert answers["score"].dtype == np.float32
    assert (answers["label"] == (answers["score"] >= np.float32(0.25))).all()


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_same_data_and_seed_give_the_same_bytes(parts: Split, name: str) -> None:
    def digest(seed: int) -> str:
        model = fit(candidate_named(name), parts.training, seed)
        return hashlib.sha256(to_decision_graph(model, len(FEATURES), 0.25).SerializeToString()).hexdigest()

    assert digest(7) == digest(7) != digest(8)


def test_the_package_covers_the_edges_of_the_domain(parts: Split, tmp_path: Path) -> None:
    model = fit(candidate_named("gradient_boosting"), parts.training, seed=7)
    package = write_credit_package(
        tmp_path / "package",
        model=model,
        model_name="credit-scoring",
        threshold=0.25,
        training=parts.training,
        lineage=LINEAGE,
        metrics={},
    )
    manifest = package.manifest
    assert 20 <= len(manifest["golden"]["rows"]) <= 24
    limits = {row[0] for row in manifest["golden"]["rows"]}
    assert {1, 10_000_000} <= limits
    assert manifest["reference"]["features"].keys() == {feature["name"] for feature in FEATURES}
    for histogram in manifest["reference"]["features"].values():
        assert sum(histogram["counts"]) + histogram["missing"] == len(parts.training)
    labels = manifest["golden"]["outputs"]["label"]
    assert set(map(str, labels)) == {"0", "1"}


def test_says_how_many_rows_differ_and_by_how_much() -> None:
    trainer = np.array([0.1, 0.2, 0.3, 0.4])
    with pytest.raises(ConversionError, match=r"2 of 4 holdout rows .* largest difference is 0\.02"):
        check_conversion(trainer, trainer + np.array([0, 0.01, 0.02, 1e-6]))
    with pytest.raises(ConversionError, match="1 of 4"):
        check_conversion(trainer, np.array([0.1, 0.2, 0.3, np.nan]))
    with pytest.raises(ConversionError, match="4 rows, the graph 3"):
        check_conversion(trainer, trainer[:3])


def test_an_unknown_candidate_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="gradient_boosting, neural_network"):
        candidate_named("random_forest")
