"""Time in the data: what is read as a moment, and what was known when."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from retraining.errors import ConfigurationError
from retraining.moments import known_at, moments_of, parse_moment, window_of
from retraining.schema import APPLIED_AT, LABEL_OBSERVED_AT


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:30:00", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31T12:30:00Z", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31 12:30:00+03:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_date_begins_and_a_time_without_a_zone_is_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment
    [cell] = moments_of(pd.DataFrame({APPLIED_AT: [text]}))[APPLIED_AT]
    assert cell == moment


@pytest.mark.parametrize("text", ["yesterday", "31.01.2026", "2026-13-01", "", "2026"])
def test_refuses_what_is_no_iso_moment(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no ISO date or timestamp"):
        parse_moment(text)
    assert moments_of(pd.DataFrame({APPLIED_AT: [text]}))[APPLIED_AT].isna().all()


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-01-31", None],
        [date(2026, 1, 31), None],
        pd.to_datetime(pd.Series(["2026-01-31", None])),
        pd.to_datetime(pd.Series(["2026-01-31T03:00+03:00", None])),
    ],
)
def test_reads_text_dates_and_timestamps_alike(cells: object) -> None:
    moments = moments_of(pd.DataFrame({APPLIED_AT: cells}))[APPLIED_AT]
    assert str(moments.dtype) == "datetime64[us, UTC]"
    assert moments.isna().tolist() == [False, True]
    assert moments[0] == pd.Timestamp("2026-01-31", tz="UTC")


def test_numbers_are_no_dates() -> None:
    assert moments_of(pd.DataFrame({APPLIED_AT: [20260131, 1769817600]}))[APPLIED_AT].isna().all()


def test_a_row_is_known_once_it_was_decided_and_its_outcome_seen() -> None:
    moments = moments_of(
        pd.DataFrame(
            {
                APPLIED_AT: ["2026-01-01", "2026-01-01", "2026-01-01", "2026-03-01", "2026-01-01"],
                LABEL_OBSERVED_AT: ["2026-02-01", "2026-02-02", None, "2026-04-01", "2026-01-02"],
            }
        )
    )
    assert known_at(moments, datetime(2026, 2, 1, tzinfo=UTC)).tolist() == [True, False, False, False, True]
    assert known_at(moments, None).tolist() == [True, True, False, True, True]


def test_the_window_is_from_the_first_application_to_the_last() -> None:
    moments = moments_of(pd.DataFrame({APPLIED_AT: ["2026-02-01", "2026-01-01T10:00:00"]}))
    assert window_of(moments) == ("2026-01-01T10:00:00+00:00", "2026-02-01T00:00:00+00:00")
    assert window_of(pd.DataFrame({"AGE": [1]})) == (None, None)
