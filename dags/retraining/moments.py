"""The time in a data set: which rows, and which labels, were known at a moment.

A row takes part as of a moment if its application was decided by then (APPLIED_AT) and its outcome was known
by then (LABEL_OBSERVED_AT). What came later is not an error: it had not happened yet. Leaving it out is what makes
a run for a past date train on exactly what a run on that date would have seen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from retraining.errors import ConfigurationError
from retraining.schema import APPLIED_AT, LABEL_OBSERVED_AT, TIME_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"
"""What a cell must begin with: a number such as 20240101 could be anything, and is no date here."""


def parse_moment(text: str) -> datetime:
    """An ISO date or timestamp as a moment in UTC: a date begins, and a time without a zone is UTC.

    ConfigurationError where it is neither.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(f"{text!r} is no ISO date or timestamp, such as 2026-01-31") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def has_time(frame: pd.DataFrame) -> bool:
    """Whether the rows say when they were decided."""
    return APPLIED_AT in frame


def moments_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The time columns that there are, as UTC timestamps (microseconds); NaT where empty or no ISO moment."""
    import pandas as pd

    present = [column for column in TIME_COLUMNS if column in frame]
    return pd.DataFrame({column: _parsed(frame[column]) for column in present}, index=frame.index)


def known_at(moments: pd.DataFrame, as_of: datetime | None) -> pd.Series[bool]:
    """Which rows take part, ``[rows]``; ``as_of`` None asks only that the outcome is known at all.

    A table without LABEL_OBSERVED_AT says that every label it holds is known.
    """
    import pandas as pd

    known = pd.Series(True, index=moments.index)
    for column in moments:
        known &= moments[column].notna()
        if as_of is not None:
            known &= moments[column] <= pd.Timestamp(as_of)
    return known


def window_of(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    """The first and the last moment that validated rows speak of, in ISO; None, None without time."""
    if not has_time(frame) or frame.empty:
        return None, None
    return frame[APPLIED_AT].min().isoformat(), frame[APPLIED_AT].max().isoformat()


def observed_too_early(moments: pd.DataFrame) -> pd.Series[bool]:
    """Which rows say that the outcome was known before the application was decided, ``[rows]``."""
    return moments[LABEL_OBSERVED_AT] < moments[APPLIED_AT]


def _parsed(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        moments = pd.to_datetime(column, utc=True)
    else:
        text = column.astype("string").str.strip()
        iso = text.where(text.str.fullmatch(_ISO).fillna(False).astype(bool))
        moments = pd.to_datetime(iso, utc=True, format="ISO8601", errors="coerce")
    in_microseconds: pd.Series[Any] = moments.dt.as_unit("us")
    return in_microseconds
