"""How old a champion's knowledge is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from retraining.manifest import Lineage
from retraining.moments import parse_moment


@dataclass(frozen=True)
class Freshness:
    """``source`` says what the age is counted from: ``data_window`` or, where the data has no time, ``creation``."""

    end: datetime
    source: str
    age: timedelta
    limit: timedelta

    @property
    def stale(self) -> bool:
        """Whether the limit is passed."""
        return self.age > self.limit


def freshness_of(lineage: Lineage, now: datetime, max_age_days: float) -> Freshness:
    """The age of the end of the training window, never negative."""
    end = lineage["data"]["window"]["end"]
    moment = parse_moment(end or lineage["created_at"])
    source = "data_window" if end else "creation"
    return Freshness(moment, source, max(now - moment, timedelta(0)), timedelta(days=max_age_days))
