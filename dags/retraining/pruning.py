"""Smaller models of the same skill: fewer trees, or fewer hidden units."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from retraining.schema import TARGET
from retraining.training import fit, matrix_of

if TYPE_CHECKING:
    from retraining.candidates import Candidate
    from retraining.split import Split

Matrix = npt.NDArray[np.float32]

TREE_TOLERANCE = 0.0005
"""AUC on the validation part that fewer trees may cost: half of what a champion must be beaten by."""

_STAGE = 10
"""Numbers of trees that are tried are multiples of it."""

_KEPT_SHARE = 0.5
"""Of each hidden layer's units."""

_FINE_TUNING_EPOCHS = 6


def pruned(candidate: Candidate, model: Any, parts: Split, seed: int) -> Any | None:
    """A fitted model with fewer trees or units; None where none can be left out."""
    if hasattr(model, "staged_predict_proba"):
        return _pruned_trees(candidate, model, parts, seed)
    return _pruned_network(model, matrix_of(parts.training), parts.training[TARGET].to_numpy())


def fewest_stages(aucs: list[float], tolerance: float) -> int:
    """The first of ascending stages whose AUC is within ``tolerance`` of the last one's; counted from 0."""
    return next(stage for stage, auc in enumerate(aucs) if auc >= aucs[-1] - tolerance)


def _pruned_trees(candidate: Candidate, model: Any, parts: Split, seed: int) -> Any | None:
    """The fewest boosting iterations that rank the validation part as well as all do.

    Boosting is a sum in which each tree corrects those before, so its first trees are a model by themselves:
    exactly the one that fitting with fewer iterations gives.
    """
    from sklearn.metrics import roc_auc_score

    trees = model.n_iter_
    labels = parts.validation[TARGET].to_numpy()
    stages = [
        (number, float(roc_auc_score(labels, probabilities[:, 1])))
        for number, probabilities in enumerate(model.staged_predict_proba(matrix_of(parts.validation)), start=1)
        if number % _STAGE == 0 or number == trees
    ]
    enough = stages[fewest_stages([auc for _, auc in stages], TREE_TOLERANCE)][0]
    if enough == trees:
        return None
    return fit(candidate.with_parameters(max_iter=enough), parts.training, seed)


def _pruned_network(model: Any, matrix: Matrix, labels: npt.NDArray[np.int64]) -> Any | None:
    """Half of each layer's hidden units, those with the strongest connections, fine-tuned for a few epochs.

    Magnitude says what to drop and a short training repairs the rest (S. Han et al., Learning both Weights and
    Connections for Efficient Neural Networks, NIPS 2015). Whole units go instead of single weights (H. Li et al.,
    Pruning Filters for Efficient ConvNets, ICLR 2017): a sparse matrix is as large and as slow as a full one here.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.pipeline import make_pipeline

    scaler, network = model[0], copy.deepcopy(model[-1])
    kept = [_strongest_units(network, layer) for layer in range(len(network.coefs_) - 1)]
    if all(len(units) == len(bias) for units, bias in zip(kept, network.intercepts_[:-1], strict=True)):
        return None
    ends = [np.arange(matrix.shape[1]), *kept, np.arange(network.coefs_[-1].shape[1])]
    # Training goes on from these weights; stopping early would compare with the best weights of the larger network.
    network.set_params(
        hidden_layer_sizes=tuple(len(units) for units in kept),
        warm_start=True,
        early_stopping=False,
        max_iter=_FINE_TUNING_EPOCHS,
    )
    network.best_loss_ = np.inf
    network.coefs_ = [
        weights[np.ix_(incoming, outgoing)]
        for weights, incoming, outgoing in zip(network.coefs_, ends, ends[1:], strict=False)
    ]
    network.intercepts_ = [bias[units] for bias, units in zip(network.intercepts_, ends[1:], strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are what was asked for
        network.fit(scaler.transform(matrix), labels)
    return make_pipeline(scaler, network)


def _strongest_units(network: Any, layer: int) -> npt.NDArray[np.intp]:
    """The units of a hidden layer to keep, in their order: by the norm of what goes in times that of what goes out."""
    strength = np.linalg.norm(network.coefs_[layer], axis=0) * np.linalg.norm(network.coefs_[layer + 1], axis=1)
    count = max(1, round(_KEPT_SHARE * len(strength)))
    return np.sort(np.argsort(-strength, kind="stable")[:count])
