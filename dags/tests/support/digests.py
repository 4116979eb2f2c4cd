"""Prints the digests of every model that a retraining makes, as JSON: two processes must agree.

``python -m tests.support.digests``
"""

from __future__ import annotations

import json

from retraining.candidates import CANDIDATES
from retraining.conversion import to_decision_graph
from retraining.digest import sha256_of_bytes
from retraining.metrics import ks_threshold
from retraining.schema import FEATURES, TARGET
from retraining.split import split
from retraining.synthetic import generate
from retraining.training import fit, scores_of
from retraining.validation import validate
from retraining.variants import make_variant, variant_name


def digests(seed: int) -> dict[str, str]:
    """Name -> SHA-256 of ``model.onnx``, of every candidate and variant."""
    parts = split(validate(generate(3_000, seed=11), "synthetic:"))
    models = {}
    for name, candidate in CANDIDATES.items():
        models[name] = fit(candidate, parts.training, seed)
        for kind in candidate.variants:
            models[variant_name(name, kind)] = make_variant(kind, candidate, models[name], parts, seed)
    labels = parts.validation[TARGET].to_numpy()
    graphs = {
        name: to_decision_graph(model, len(FEATURES), ks_threshold(labels, scores_of(model, parts.validation)))
        for name, model in models.items()
    }
    return {name: sha256_of_bytes(graph.SerializeToString()) for name, graph in graphs.items()}


if __name__ == "__main__":
    print(json.dumps(digests(seed=7)))
