"""What the dossier draws of a model: few enough points to travel as JSON, enough to see the shape."""

from __future__ import annotations

import math

import numpy as np

from retraining.delong import auc_interval
from retraining.evidence import CalibrationBin, Curves, RocPoint, ScoreHistogram
from retraining.metrics import Numbers

_ROC_POINTS = 100
_CALIBRATION_BINS = 10
_SCORE_BINS = 25
_CONFIDENCE = 0.95
_Z = 1.959963984540054


def curves_of(labels: Numbers, scores: Numbers) -> Curves:
    """The curves of scores ``[rows]`` in 0..1 on labels ``[rows]``; both classes must be there, twice each."""
    return {
        "auc_interval": list(auc_interval(labels, scores, _CONFIDENCE)[1:]),
        "roc": roc_points(labels, scores),
        "calibration": calibration_bins(labels, scores),
        "scores": score_histogram(labels, scores),
    }


def roc_points(labels: Numbers, scores: Numbers) -> list[RocPoint]:
    """The ROC curve from (0, 0) to (1, 1), thinned out along its length."""
    from sklearn.metrics import roc_curve

    false_positives, true_positives, _ = roc_curve(labels, scores)
    # Evenly along the curve: even steps on one axis would lose the steep or the flat part.
    length = (false_positives + true_positives) / 2
    chosen = np.unique(np.searchsorted(length, np.linspace(0, 1, _ROC_POINTS)).clip(max=len(length) - 1))
    return [
        {
            "false_positive_rate": round(float(false_positives[index]), 5),
            "true_positive_rate": round(float(true_positives[index]), 5),
        }
        for index in chosen
    ]


def calibration_bins(labels: Numbers, scores: Numbers) -> list[CalibrationBin]:
    """Tenths of the rows by score, with the Wilson interval of what was observed (E. B. Wilson, JASA 22, 1927)."""
    bins: list[CalibrationBin] = []
    for part in np.array_split(np.argsort(scores, kind="stable"), min(_CALIBRATION_BINS, len(scores))):
        rows, defaults = len(part), int(labels[part].sum())
        low, high = wilson_interval(defaults, rows)
        bins.append(
            {
                "mean_score": float(scores[part].mean()),
                "observed": defaults / rows,
                "low": low,
                "high": high,
                "rows": rows,
            }
        )
    return bins


def score_histogram(labels: Numbers, scores: Numbers) -> ScoreHistogram:
    """Share of each class's rows in bins of equal width over 0..1."""
    edges = np.linspace(0, 1, _SCORE_BINS + 1)
    shares = {}
    for label in (0, 1):
        counts = np.histogram(np.clip(scores[labels == label], 0, 1), bins=edges)[0]
        shares[label] = (counts / max(int(counts.sum()), 1)).round(5).tolist()
    return {"edges": edges.round(5).tolist(), "paid": shares[0], "defaulted": shares[1]}


def wilson_interval(hits: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share = hits / rows
    centre = (share + _Z**2 / (2 * rows)) / (1 + _Z**2 / rows)
    reach = _Z / (1 + _Z**2 / rows) * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    return max(centre - reach, 0.0), min(centre + reach, 1.0)
