"""The age of a champion's knowledge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from retraining.manifest import Lineage
from retraining.monitoring.freshness import freshness_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def lineage(end: str | None, created: str = "2026-11-20T00:00:00+00:00") -> Lineage:
    document: dict[str, Any] = {"created_at": created, "data": {"window": {"start": None, "end": end}}}
    return cast(Lineage, document)


@pytest.mark.parametrize(
    ("end", "source", "age_days", "stale"),
    [
        ("2026-11-11", "data_window", 10, False),
        ("2026-11-11T12:00:00+03:00", "data_window", 9.625, False),
        ("2026-09-01T00:00:00Z", "data_window", 81, True),
        (None, "creation", 1, False),
        ("2026-12-24", "data_window", 0, False),
    ],
)
def test_age_counts_from_the_end_of_the_data_or_else_from_creation(
    end: str | None, source: str, age_days: float, stale: bool
) -> None:
    freshness = freshness_of(lineage(end), NOW, 60)
    assert (freshness.source, freshness.age, freshness.stale) == (source, timedelta(days=age_days), stale)
