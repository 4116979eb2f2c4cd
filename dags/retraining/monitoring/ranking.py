"""AUC and KS from weights: every row counts as a default with one weight and as none with another.

With labels the weights are a row's own on one side and zero on the other. With probabilities instead of labels
they are ``p`` and ``1 - p``, which gives the expected curves: the same code measures and estimates.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Ranking:
    """Scores ``[rows]``, sorted once, so that many weightings of them cost no sort."""

    def __init__(self, scores: Floats) -> None:
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        # Where a group of equal scores begins: rows of a group are not ranked among themselves.
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])[: len(ordered)]

    def auc(self, positive: Floats, negative: Floats) -> float:
        """Probability that a default has the higher score, ties counting half; NaN where a class has no weight."""
        high, low = self._grouped(positive), self._grouped(negative)
        total = high.sum() * low.sum()
        if total <= 0:
            return float("nan")
        below = np.cumsum(low) - low
        return float((high * (below + low / 2)).sum() / total)

    def ks(self, positive: Floats, negative: Floats) -> float:
        """Largest distance between the two classes' score distributions, 0..1; NaN as above."""
        high, low = self._grouped(positive), self._grouped(negative)
        if high.sum() <= 0 or low.sum() <= 0:
            return float("nan")
        return float(np.abs(np.cumsum(high) / high.sum() - np.cumsum(low) / low.sum()).max())

    def _grouped(self, weights: Floats) -> Floats:
        grouped: Floats = np.add.reduceat(weights[self._order], self._starts)
        return grouped
