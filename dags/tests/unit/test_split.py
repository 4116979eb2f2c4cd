"""Which rows are held out."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from retraining.errors import RetrainingError
from retraining.schema import APPLIED_AT, ID, TARGET
from retraining.split import split
from retraining.synthetic import Timeline, generate, generate_over_time


def test_parts_are_disjoint_and_whole(credit_rows: pd.DataFrame) -> None:
    parts = split(credit_rows)
    ids = [*parts.training[ID], *parts.validation[ID], *parts.holdout[ID]]
    assert sorted(ids) == sorted(credit_rows[ID])
    assert len(parts.holdout) / len(credit_rows) == pytest.approx(0.20, abs=0.02)


def test_a_client_is_held_out_whatever_else_is_in_the_table(credit_rows: pd.DataFrame) -> None:
    held_out = set(split(credit_rows).holdout[ID])
    fewer = credit_rows[credit_rows[ID] % 2 == 0]
    assert set(split(fewer).holdout[ID]) == {client for client in held_out if client % 2 == 0}
    assert held_out == set(split(generate(3_000, seed=99)).holdout[ID])


def test_refuses_a_holdout_that_is_not_like_training(credit_rows: pd.DataFrame) -> None:
    held_out = credit_rows[ID].isin(split(credit_rows).holdout[ID])
    with pytest.raises(RetrainingError, match="not independent"):
        split(credit_rows.assign(**{TARGET: credit_rows[TARGET].where(~held_out, 1 - credit_rows[TARGET])}))
    with pytest.raises(RetrainingError, match="too little data"):
        split(credit_rows.assign(**{TARGET: credit_rows[TARGET].where(~held_out, 0)}))


@pytest.fixture(scope="module")
def timed_rows() -> pd.DataFrame:
    return generate_over_time(3_000, 11, Timeline(date(2025, 1, 1), months=12))


def test_where_there_is_time_the_newest_are_held_out(timed_rows: pd.DataFrame) -> None:
    parts = split(timed_rows.sample(frac=1, random_state=1))
    assert len(parts.holdout) / 3_000 == pytest.approx(0.20, abs=0.005)
    assert len(parts.validation) / 3_000 == pytest.approx(0.12, abs=0.005)
    ids = [*parts.training[ID], *parts.validation[ID], *parts.holdout[ID]]
    assert ids == list(range(1, 3_001)), "in the order of time, whatever order the rows came in"


def test_no_day_is_on_both_sides(timed_rows: pd.DataFrame) -> None:
    monthly = timed_rows.assign(**{APPLIED_AT: timed_rows[APPLIED_AT].dt.strftime("%Y-%m-01").astype("datetime64[us]")})
    for frame in (timed_rows, monthly):
        parts = split(frame)
        days = [set(part[APPLIED_AT].dt.floor("D")) for part in (parts.training, parts.validation, parts.holdout)]
        assert max(days[0]) < min(days[1])
        assert max(days[1]) < min(days[2])
    assert [len(day) for day in days] == [8, 2, 2]


def test_ties_are_ordered_by_id(timed_rows: pd.DataFrame) -> None:
    noon = timed_rows.assign(**{APPLIED_AT: timed_rows[APPLIED_AT].dt.floor("D")})
    pd.testing.assert_frame_equal(split(noon).holdout, split(noon[::-1]).holdout)


def test_an_older_champion_has_seen_no_row_of_a_newer_holdout(timed_rows: pd.DataFrame) -> None:
    for known in range(1_500, 3_000, 100):
        older, newer = split(timed_rows.head(known)), split(timed_rows.head(known + 100))
        assert not set(older.training[ID]) & set(newer.holdout[ID])


def test_defaults_may_become_more_with_time_but_one_day_is_too_little(timed_rows: pd.DataFrame) -> None:
    split(generate_over_time(3_000, 11, Timeline(date(2025, 1, 1), 12, shift=1, shift_from=date(2025, 10, 1))))
    with pytest.raises(RetrainingError, match="too little data"):
        split(timed_rows.assign(**{APPLIED_AT: pd.Timestamp("2025-01-01", tz="UTC")}))
