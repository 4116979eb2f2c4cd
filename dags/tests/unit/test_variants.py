"""Variants: what they are called, and what is made of a trained model."""

from __future__ import annotations

import json
from pathlib import Path

from retraining.run import Run
from retraining.variants import NamedCandidate, candidate_names, write_variants
from retraining.workspace import Workspace

CANDIDATES = ["gradient_boosting", "neural_network"]


def test_a_run_has_its_candidates_each_followed_by_its_variants(tmp_path: Path) -> None:
    params = {"dataset_uri": "synthetic:", "seed": 7, "candidates": CANDIDATES, "auto_promote": True}
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
