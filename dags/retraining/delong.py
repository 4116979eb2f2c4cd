"""Is one score better than another on the same rows? DeLong's paired test of two AUCs.

E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Comparing the areas under two or more correlated receiver
operating characteristic curves, Biometrics 44, 1988; computed from mid-ranks in O(n log n) as in X. Sun,
W. Xu, Fast implementation of DeLong's algorithm, IEEE Signal Processing Letters 21, 2014.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from retraining.metrics import Numbers

Floats = npt.NDArray[np.float64]

_NORMAL = NormalDist()


@dataclass(frozen=True)
class PairedAuc:
    """Two AUCs on the same rows and what their difference is worth."""

    auc: float
    other_auc: float
    standard_error: float
    """Of ``gain``; 0 where both rank every pair alike."""

    @property
    def gain(self) -> float:
        """``auc - other_auc``."""
        return self.auc - self.other_auc

    @property
    def p_value(self) -> float:
        """One-sided: how likely a gain this large is where the first score is no better than the other."""
        return superiority_p_value(self.gain, self.standard_error)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided interval of the gain that covers it with ``confidence`` (0..1)."""
        reach = _NORMAL.inv_cdf((1 + confidence) / 2) * self.standard_error
        return self.gain - reach, self.gain + reach


def paired_auc(labels: Numbers, scores: Numbers, other: Numbers) -> PairedAuc:
    """Compares two scores ``[rows]`` on the same 0/1 labels ``[rows]``; both classes must be there, twice each."""
    aucs, covariance = _aucs_and_covariance(np.asarray(labels), np.vstack([scores, other]).astype(np.float64))
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return PairedAuc(float(aucs[0]), float(aucs[1]), math.sqrt(max(float(variance), 0.0)))


def auc_interval(labels: Numbers, scores: Numbers, confidence: float) -> tuple[float, float, float]:
    """AUC of one score with the interval that covers it with ``confidence``, cut to 0..1."""
    aucs, covariance = _aucs_and_covariance(np.asarray(labels), np.atleast_2d(scores).astype(np.float64))
    auc = float(aucs[0])
    reach = _NORMAL.inv_cdf((1 + confidence) / 2) * math.sqrt(max(float(covariance[0, 0]), 0.0))
    return auc, max(auc - reach, 0.0), min(auc + reach, 1.0)


def superiority_p_value(gain: float, standard_error: float) -> float:
    """One-sided p-value of a gain against no gain; without any spread, only the sign speaks."""
    if standard_error == 0:
        return 0.0 if gain > 0 else 1.0
    return 1 - _NORMAL.cdf(gain / standard_error)


def _aucs_and_covariance(labels: Numbers, scores: Floats) -> tuple[Floats, Floats]:
    """AUC of each score and the covariance matrix of the AUCs; ``scores`` is ``[scores, rows]``."""
    positive, negative = scores[:, labels == 1], scores[:, labels == 0]
    positives, negatives = positive.shape[1], negative.shape[1]
    if min(positives, negatives) < 2:
        raise ValueError(f"DeLong's test needs two rows of each class, not {positives} and {negatives}")
    everyone = np.hstack([positive, negative])
    ranks = np.vstack([_mid_ranks(row) for row in everyone])
    # The placements: of each positive among the negatives (v10), of each negative among the positives (v01).
    v10 = (ranks[:, :positives] - np.vstack([_mid_ranks(row) for row in positive])) / negatives
    v01 = 1 - (ranks[:, positives:] - np.vstack([_mid_ranks(row) for row in negative])) / positives
    covariance: Floats = np.atleast_2d(np.cov(v10)) / positives + np.atleast_2d(np.cov(v01)) / negatives
    return v10.mean(axis=1), covariance


def _mid_ranks(values: Floats) -> Floats:
    """Ranks from 1, ties share their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[place]
    return ranks
