"""Variants: what they are called, and what is made of a trained model."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from retraining import run as run_module
from retraining.candidates import CANDIDATES, candidate_named
from retraining.conversion import score_shift, to_decision_graph
from retraining.pruning import fewest_stages
from retraining.run import Run
from retraining.schema import FEATURES, TARGET
from retraining.split import Split, split
from retraining.training import fit, matrix_of, scores_of
from retraining.variants import NamedCandidate, candidate_names, make_variant, write_variants
from retraining.workspace import Workspace


def test_a_run_has_its_candidates_each_followed_by_its_variants(tmp_path: Path) -> None:
    params = {"dataset_uri": "synthetic:", "seed": 7, "candidates": list(CANDIDATES), "auto_promote": True}
    run = Run.from_json(json.dumps({"dag_id": "d", "dag_run_id": "r", "bundle_version": None, "params": params}))
    workspace = Workspace(tmp_path.as_uri(), run.dag_run_id)
    assert candidate_names(workspace, run) == [NamedCandidate(name) for name in CANDIDATES]
    write_variants(workspace, "gradient_boosting", ["pruned"])
    write_variants(workspace, "neural_network", ["pruned", "int8"])
    assert candidate_names(workspace, run) == [
        NamedCandidate("gradient_boosting"),
        NamedCandidate("gradient_boosting-pruned", "gradient_boosting", "pruned"),
        NamedCandidate("neural_network"),
        NamedCandidate("neural_network-pruned", "neural_network", "pruned"),
        NamedCandidate("neural_network-int8", "neural_network", "int8"),
    ]
    write_variants(workspace, "neural_network", [])
    assert candidate_names(workspace, run)[-1] == NamedCandidate("neural_network")


@pytest.fixture(scope="module")
def parts(credit_rows: pd.DataFrame) -> Split:
    return split(credit_rows)


@pytest.fixture(scope="module")
def models(parts: Split) -> dict[str, Any]:
    return {name: fit(candidate_named(name), parts.training, seed=7) for name in CANDIDATES}


VARIANTS = [(name, kind) for name, candidate in CANDIDATES.items() for kind in candidate.variants]


def test_every_kind_that_a_run_may_ask_for_is_made_by_a_candidate() -> None:
    assert {kind for _, kind in VARIANTS} == set(run_module.VARIANTS)


@pytest.mark.parametrize(("name", "kind"), VARIANTS)
def test_a_variant_is_smaller_and_about_as_good(parts: Split, models: dict[str, Any], name: str, kind: str) -> None:
    variant = make_variant(kind, candidate_named(name), models[name], parts, seed=7)
    assert variant is not None
    graphs = [to_decision_graph(model, len(FEATURES), 0.25).SerializeToString() for model in (models[name], variant)]
    assert len(graphs[1]) < 0.85 * len(graphs[0])
    labels = parts.holdout[TARGET]
    full, small = (roc_auc_score(labels, scores_of(model, parts.holdout)) for model in (models[name], variant))
    assert small > full - 0.02


def test_pruned_trees_are_the_first_of_the_full_model(parts: Split, models: dict[str, Any]) -> None:
    full = models["gradient_boosting"]
    small = make_variant("pruned", candidate_named("gradient_boosting"), full, parts, seed=7)
    assert small is not None
    assert small.n_iter_ < full.n_iter_
    stages = list(full.staged_predict_proba(matrix_of(parts.holdout)))
    assert (small.predict_proba(matrix_of(parts.holdout)) == stages[small.n_iter_ - 1]).all()


def test_the_fewest_trees_within_the_tolerance_are_kept() -> None:
    assert fewest_stages([0.70, 0.798, 0.7996, 0.80], tolerance=0.0005) == 2
    assert fewest_stages([0.82, 0.81, 0.80], tolerance=0.0005) == 0
    assert fewest_stages([0.70, 0.75, 0.80], tolerance=0.0005) == 2


def test_a_pruned_network_has_smaller_matrices_and_leaves_its_parent_alone(
    parts: Split, models: dict[str, Any]
) -> None:
    full = models["neural_network"]
    before = scores_of(full, parts.holdout)
    small = make_variant("pruned", candidate_named("neural_network"), full, parts, seed=7)
    assert small is not None
    assert [weights.shape for weights in small[-1].coefs_] == [(23, 16), (16, 8), (8, 1)]
    assert [weights.shape for weights in full[-1].coefs_] == [(23, 32), (32, 16), (16, 1)]
    assert (scores_of(full, parts.holdout) == before).all()


def test_what_cannot_be_smaller_has_no_variant(parts: Split) -> None:
    tree = candidate_named("gradient_boosting").with_parameters(max_iter=5)
    assert make_variant("pruned", tree, fit(tree, parts.training, 7), parts, seed=7) is None
    unit = candidate_named("neural_network").with_parameters(hidden_layer_sizes=(1,), max_iter=3, early_stopping=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert make_variant("pruned", unit, fit(unit, parts.training, 7), parts, seed=7) is None


def test_a_quantized_score_does_not_depend_on_who_else_is_asked_about(parts: Split, models: dict[str, Any]) -> None:
    variant = make_variant("int8", candidate_named("neural_network"), models["neural_network"], parts, seed=7)
    assert variant is not None
    rows = parts.holdout.head(60)
    alone = np.concatenate([scores_of(variant, rows.iloc[[index]]) for index in range(len(rows))])
    assert (alone == scores_of(variant, rows)).all()


def test_a_quantized_network_computes_in_integers(parts: Split, models: dict[str, Any]) -> None:
    variant = make_variant("int8", candidate_named("neural_network"), models["neural_network"], parts, seed=7)
    operators = [node.op_type for node in to_decision_graph(variant, len(FEATURES), 0.25).graph.node]
    assert operators.count("QLinearMatMul") == 3
    assert "MatMul" not in operators
    largest, mean = score_shift(scores_of(models["neural_network"], parts.holdout), scores_of(variant, parts.holdout))
    assert 0 < mean < 0.02
    assert mean < largest < 0.2
