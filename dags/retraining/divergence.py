"""How far two distributions over the same bins are apart: what serving computes online, from the same bins.

Both languages keep to ``serving/src/quality/divergence.ts``, so that the daily report and the live metrics agree.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_EMPTY_SHARE = 1e-4
"""Added to every share, so that one bin that only one side has does not make the index infinite."""

_NOISE_QUANTILE = 0.999


def population_stability_index(reference: Floats, current: Floats) -> float:
    """The sum over bins of (q - p) ln(q / p): 0 for equal shares, without an upper bound.

    Below 0.1 nothing has changed, above 0.25 much has (N. Siddiqi, Credit Risk Scorecards, 2006, chapter 9).
    """
    scale = 1 + len(reference) * _EMPTY_SHARE
    p = (reference / reference.sum() + _EMPTY_SHARE) / scale
    q = (current / current.sum() + _EMPTY_SHARE) / scale
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon_distance(reference: Floats, current: Floats) -> float:
    """The root of the divergence in bits, 0 to 1 (J. Lin, 1991; D. Endres and J. Schindelin, 2003)."""
    p, q = reference / reference.sum(), current / current.sum()
    middle = (p + q) / 2
    divergence = 0.0
    for part in (p, q):
        known = part > 0
        divergence += float((part[known] * np.log2(part[known] / middle[known])).sum()) / 2
    return float(min(1.0, max(0.0, divergence)) ** 0.5)


def stability_noise(bins: int, reference_rows: float, current_rows: float) -> float:
    """The index that 1 in 1,000 windows of an unchanged population would exceed.

    Without a change the index is distributed as (1/n + 1/m) times chi-squared with ``bins - 1`` degrees of freedom
    (B. Yurdakul and J. Naranjo, Statistical properties of the population stability index, 2020); its quantile by
    the cube-root approximation of E. Wilson and M. Hilferty, 1931.
    """
    freedom = max(bins - 1, 1)
    spread = 2 / (9 * freedom)
    quantile = freedom * (1 - spread + NormalDist().inv_cdf(_NOISE_QUANTILE) * spread**0.5) ** 3
    return float(quantile * (1 / reference_rows + 1 / current_rows))
