"""The models that compete, and where a search may look for better parameters.

To add one: a function that returns an unfitted pipeline, and an entry in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from retraining.errors import ConfigurationError
from retraining.search_space import Between, OneOf, Space


@dataclass(frozen=True)
class Candidate:
    """A kind of model: its parameters (logged as they are) and how to build it from a seed."""

    name: str
    parameters: dict[str, Any]
    build: Callable[[dict[str, Any], int], Any]
    space: Space
    """What a search may change, and within which bounds; the parameters above lie within them."""
    variants: tuple[str, ...]
    """Kinds of smaller models that can be made from a fitted one (see ``variants.py``)."""

    def with_parameters(self, **parameters: Any) -> Candidate:
        """The same candidate with some parameters changed."""
        return replace(self, parameters={**self.parameters, **parameters})


def _gradient_boosting(parameters: dict[str, Any], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(**parameters, random_state=seed)


def _neural_network(parameters: dict[str, Any], seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), MLPClassifier(**parameters, random_state=seed))


_CANDIDATES = [
    # Many small trees, each on a random part of the features: on 20,000 rows a single deep one memorises.
    Candidate(
        "gradient_boosting",
        {
            "learning_rate": 0.03,
            "max_iter": 300,
            "max_leaf_nodes": 12,
            "min_samples_leaf": 60,
            "l2_regularization": 5.0,
            "max_features": 0.4,
            # Off, since the default decides by the number of rows and holds back a tenth of them.
            "early_stopping": False,
        },
        _gradient_boosting,
        space={
            "learning_rate": Between(0.01, 0.2, log=True),
            "max_iter": Between(50, 600),
            "max_leaf_nodes": Between(4, 32),
            "min_samples_leaf": Between(10, 200, log=True),
            "l2_regularization": Between(0.01, 50.0, log=True),
            "max_features": Between(0.2, 1.0),
        },
        variants=("pruned",),
    ),
    # Bounded units: amounts have heavy tails, and a unit that grows with them follows single clients.
    Candidate(
        "neural_network",
        {
            "hidden_layer_sizes": (32, 16),
            "activation": "tanh",
            "alpha": 0.1,
            "batch_size": 256,
            "learning_rate_init": 1e-3,
            "max_iter": 60,
            "early_stopping": True,
            "validation_fraction": 0.1,
            "n_iter_no_change": 8,
        },
        _neural_network,
        space={
            "hidden_layer_sizes": OneOf({"16": (16,), "32": (32,), "32-16": (32, 16), "64-32": (64, 32)}),
            "activation": OneOf({"tanh": "tanh", "relu": "relu"}),
            "alpha": Between(1e-4, 1.0, log=True),
            "learning_rate_init": Between(3e-4, 1e-2, log=True),
        },
        variants=("pruned", "int8"),
    ),
]
CANDIDATES = {candidate.name: candidate for candidate in _CANDIDATES}


def candidate_named(name: str) -> Candidate:
    """The candidate of that name, or a ConfigurationError that lists those there are."""
    if name not in CANDIDATES:
        raise ConfigurationError(f"no candidate {name!r}; there are {', '.join(CANDIDATES)}")
    return CANDIDATES[name]
