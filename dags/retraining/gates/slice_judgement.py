"""What can be said of candidate and champion on each slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from retraining.evidence import SliceEvidence
from retraining.gates.configuration import NonInferiority

SliceStatus = Literal["not_inferior", "inconclusive", "worse", "not_judged"]


@dataclass(frozen=True)
class SliceJudgement:
    """A slice's status and the interval of its gain, None where it is not judged."""

    slice: str
    group: str
    status: SliceStatus
    gain: float | None = None
    low: float | None = None
    high: float | None = None


def judge_slices(slices: Sequence[SliceEvidence], configuration: NonInferiority) -> list[SliceJudgement]:
    """Each slice by the interval of its gain, in the order given.

    ``not_inferior``: the interval lies above minus the margin. ``worse``: it lies below zero and reaches
    below minus the margin. ``inconclusive``: it is too wide to say. These are the cases of G. Piaggio et al.,
    Reporting of Noninferiority and Equivalence Randomized Trials, JAMA 295, 2006. All intervals hold
    together with the configured confidence (Bonferroni), so that many slices do not make a false alarm.
    """
    comparable = [item for item in slices if _comparable(item, configuration)]
    tail = (1 - configuration.confidence) / max(len(comparable), 1)
    reach = NormalDist().inv_cdf(1 - tail)
    return [_judge(item, configuration, reach) for item in slices]


def _comparable(item: SliceEvidence, configuration: NonInferiority) -> bool:
    return (
        item["gain"] is not None
        and item["rows"] >= configuration.min_rows
        and configuration.min_defaults <= item["defaults"]
        # A slice of defaulters alone says as little as one of payers alone.
        and item["rows"] - item["defaults"] >= configuration.min_defaults
    )


def _judge(item: SliceEvidence, configuration: NonInferiority, reach: float) -> SliceJudgement:
    gain, error = item["gain"], item["standard_error"]
    if gain is None or error is None or not _comparable(item, configuration):
        return SliceJudgement(item["slice"], item["group"], "not_judged")
    low, high = gain - reach * error, gain + reach * error
    # Exactly the margin is allowed, also where the subtraction is off in its last bit.
    status: SliceStatus = "inconclusive"
    if low >= -configuration.margin - 1e-12:
        status = "not_inferior"
    elif high < 0:
        status = "worse"
    return SliceJudgement(item["slice"], item["group"], status, gain, low, high)
