"""How good scores are: discrimination, calibration, and where to cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]

_CALIBRATION_BINS = 10


def evaluate_scores(labels: Numbers, scores: Numbers) -> dict[str, float]:
    """AUC, PR-AUC, KS, Brier score, log loss and expected calibration error of scores ``[rows]`` in 0..1."""
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

    scores = np.asarray(scores, dtype=np.float64)
    return {
        "auc": float(roc_auc_score(labels, scores)),
        "pr_auc": float(average_precision_score(labels, scores)),
        "ks": ks_statistic(labels, scores),
        "brier": float(brier_score_loss(labels, scores)),
        "log_loss": float(log_loss(labels, scores)),
        "ece": expected_calibration_error(labels, scores),
    }


def ks_statistic(labels: Numbers, scores: Numbers) -> float:
    """Kolmogorov-Smirnov: the largest distance between the two classes' score distributions, 0..1."""
    return _best_cut(labels, scores)[0]


def ks_threshold(labels: Numbers, scores: Numbers) -> float:
    """The score at which the classes are furthest apart, for ``score >= threshold``.

    The cut of the KS statistic, which is also the maximum of Youden's J = sensitivity + specificity - 1
    (W. J. Youden, Index for rating diagnostic tests, Cancer 3, 1950). It needs no cost of a wrong decision,
    which a bank knows and this pipeline does not, and does not move with the share of defaults as F1 does.
    """
    return _best_cut(labels, scores)[1]


def expected_calibration_error(labels: Numbers, scores: Numbers) -> float:
    """Mean distance between predicted and observed frequency, 0..1, over bins of equally many rows.

    Equal counts rather than equal widths: credit scores crowd near zero, and wide bins would hide the rest
    (Nixon et al., Measuring Calibration in Deep Learning, 2019).
    """
    ordered = np.argsort(scores, kind="stable")
    error = 0.0
    for part in np.array_split(ordered, min(_CALIBRATION_BINS, len(ordered))):
        error += len(part) / len(ordered) * abs(float(scores[part].mean()) - float(labels[part].mean()))
    return error


def _best_cut(labels: Numbers, scores: Numbers) -> tuple[float, float]:
    from sklearn.metrics import roc_curve

    false_positives, true_positives, thresholds = roc_curve(labels, scores)
    # The first point is "nobody", whose threshold is infinite.
    gain = (true_positives - false_positives)[1:]
    best = int(np.argmax(gain))
    return float(gain[best]), float(thresholds[1:][best])
