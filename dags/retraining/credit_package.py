"""The credit model's package: what is said about it, and which rows are its golden ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retraining.conversion import INPUT, OUTPUTS, to_decision_graph
from retraining.golden import clear_of, golden_rows
from retraining.histogram import categorical_histogram, histogram_of, numeric_histogram
from retraining.manifest import Lineage, Reference
from retraining.package import GOLDEN_TOLERANCE, Description, Package, write_package
from retraining.schema import FEATURE_NAMES, FEATURES
from retraining.scorer import Scorer

_LABELS = 2
_SCORE_EDGES = [edge / 20 for edge in range(1, 20)]


def write_credit_package(
    directory: Path,
    *,
    model: Any,
    model_name: str,
    threshold: float,
    training: pd.DataFrame,
    lineage: Lineage,
    metrics: dict[str, float],
) -> Package:
    """Converts a fitted classifier and writes its package; ``training`` is the reference window."""
    threshold = float(np.float32(threshold))  # what the graph compares with, so that the manifest says the same
    graph = to_decision_graph(model, len(FEATURES), threshold)
    scorer = Scorer(graph.SerializeToString(), layout=INPUT, features=FEATURES, outputs=OUTPUTS)
    matrix = training[FEATURE_NAMES].to_numpy()
    answers = scorer.score_tensor(matrix)
    rows = golden_rows(FEATURES, matrix, answers["score"])
    golden_scores = scorer.score_rows(rows)["score"]
    reference: Reference = {
        "features": {
            feature["name"]: histogram_of(feature, training[feature["name"]].to_numpy()) for feature in FEATURES
        },
        "outputs": {
            "score": numeric_histogram(answers["score"], _SCORE_EDGES),
            "label": categorical_histogram(list(range(_LABELS)), answers["label"]),
        },
    }
    return write_package(
        directory,
        model=graph,
        description=Description(
            model_name=model_name,
            task="binary_classification",
            input=INPUT,
            features=FEATURES,
            outputs=OUTPUTS,
            decision={"threshold": threshold, "positive_class": 1},
        ),
        golden_rows=clear_of(threshold, rows, golden_scores, margin=10 * GOLDEN_TOLERANCE),
        reference=reference,
        lineage=lineage,
        metrics=metrics,
    )
