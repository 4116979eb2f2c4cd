"""Which rows are held out."""

from __future__ import annotations

import pandas as pd
import pytest

from retraining.errors import RetrainingError
from retraining.schema import ID, TARGET
from retraining.split import split
from retraining.synthetic import generate


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
