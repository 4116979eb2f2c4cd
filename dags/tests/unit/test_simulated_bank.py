"""The bank of the simulation: its warehouse and its applicants."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd

from retraining.bad_models import HIGH_LIMITS
from retraining.dataset import load_dataset
from retraining.schema import APPLIED_AT, FEATURE_NAMES, FEATURES, LABEL_OBSERVED_AT, TARGET
from retraining.simulated_bank import Extract, applicants, main, warehouse
from retraining.split import split
from retraining.validation import validate

DAY = date(2026, 11, 21)


def test_every_outcome_of_the_extract_is_known_on_its_day() -> None:
    for day in (DAY, date(2026, 3, 31), date(2028, 2, 29)):
        rows = warehouse(Extract(day, rows=1_000, seed=3))
        assert rows[LABEL_OBSERVED_AT].max() <= pd.Timestamp(day, tz="UTC")
        assert (pd.Timestamp(day, tz="UTC") - rows[APPLIED_AT].max()).days <= 32
        assert len(validate(rows, "warehouse")) == 1_000


def test_most_of_what_is_trained_on_is_of_the_new_population() -> None:
    rows = warehouse(Extract(DAY, rows=10_000, seed=3, shift=1.0, shifted_since_days=140))
    since = pd.Timestamp("2026-07-04", tz="UTC")
    training = split(rows).training
    assert 0.8 < (training[APPLIED_AT] >= since).mean() < 0.95
    calm, moved = rows[rows[APPLIED_AT] < since], rows[rows[APPLIED_AT] >= since]
    assert moved[TARGET].mean() > calm[TARGET].mean() + 0.04


def test_applicants_have_all_features_and_an_outcome() -> None:
    rows = applicants(200, seed=4, shift=0.0)
    assert rows == applicants(200, seed=4, shift=0.0)
    assert all(list(row["features"]) == FEATURE_NAMES for row in rows)
    assert {row["label"] for row in rows} == {0, 1}


def test_clients_of_another_product_have_amounts_that_nobody_had() -> None:
    usual = applicants(2_000, seed=4, shift=1.0)
    others = applicants(2_000, seed=4, shift=1.0, amounts=7)
    assert max(row["features"]["LIMIT_BAL"] for row in usual) == HIGH_LIMITS.above
    asked = [[row["features"][name] for name in FEATURE_NAMES] for row in others]
    for feature, values in zip(FEATURES, zip(*asked, strict=True), strict=True):
        if "range" in feature:
            assert feature["range"]["min"] <= min(values)
            assert max(values) <= feature["range"]["max"]
    share = sum(HIGH_LIMITS.above < row["features"]["LIMIT_BAL"] < HIGH_LIMITS.below for row in others) / len(others)
    assert 0.4 < share < 0.8
    assert [row["label"] for row in others] == [row["label"] for row in usual]


def test_files_are_written_whole(tmp_path: Path) -> None:
    table, lines = tmp_path / "warehouse.parquet", tmp_path / "applicants.jsonl"
    main(["warehouse", "--to", str(table), "--rows", "50", "--seed", "1", "--day", "2026-11-21"])
    main(["applicants", "--to", str(lines), "--rows", "5", "--seed", "1", "--shift", "1"])
    assert len(load_dataset(f"file://{table}").frame) == 50
    assert [set(json.loads(line)) for line in lines.read_text().splitlines()] == [{"features", "label"}] * 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["applicants.jsonl", "warehouse.parquet"]
