"""The rules of the data set, and the report when they are broken."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from retraining.dataset import load_dataset
from retraining.schema import APPLIED_AT, COLUMNS, ID, LABEL_OBSERVED_AT, TARGET, TIME_COLUMNS
from retraining.synthetic import Timeline, generate_over_time
from retraining.validation import DataValidationError, fingerprint, validate

Fault = Callable[[pd.DataFrame], pd.DataFrame]


def _with(column: str, row: int, value: object) -> Fault:
    def fault(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype({column: object})
        frame.loc[row, column] = value  # type: ignore[call-overload]  # the stubs know no object columns
        return frame

    return fault


FAULTS: dict[str, tuple[Fault, str, str, int]] = {
    "missing column": (lambda rows: rows.drop(columns="AGE"), "AGE", "column is present", 3000),
    "text": (_with("BILL_AMT2", 5, "n/a"), "BILL_AMT2", "whole number", 1),
    "fraction": (_with("AGE", 5, 30.5), "AGE", "whole number", 1),
    "missing value": (_with("PAY_AMT6", 7, None), "PAY_AMT6", "no missing value", 1),
    "out of range": (_with("AGE", 9, 999), "AGE", "from 18 to 120", 1),
    "too exact for float32": (_with("LIMIT_BAL", 9, 2**24 + 1), "LIMIT_BAL", "from 1 to 10000000", 1),
    "unknown code": (_with("SEX", 3, 3), "SEX", "one of [1, 2]", 1),
    "label is no class": (_with(TARGET, 3, 2), TARGET, "one of [0, 1]", 1),
    "duplicate id": (_with(ID, 3, 1), ID, "no duplicate", 2),
    "one class": (lambda rows: rows.assign(**{TARGET: 0}), "(table)", f"both classes in {TARGET!r}", 3000),
    "few rows": (lambda rows: rows.head(500), "(table)", "at least 1000 rows", 500),
    "no rows": (lambda rows: rows.head(0), "(table)", "has rows", 0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_names_column_rule_count_and_rows(credit_rows: pd.DataFrame, name: str) -> None:
    fault, column, rule, count = FAULTS[name]
    with pytest.raises(DataValidationError) as failure:
        validate(fault(credit_rows.copy()), "rows.csv")
    [finding] = failure.value.findings
    assert (finding.column, finding.rule, finding.count) == (column, rule, count)
    assert column in str(failure.value)
    assert json.loads(failure.value.report())["findings"][0]["rule"] == rule
    if finding.samples:
        assert {"row", ID, "value"} == finding.samples[0].keys()


def test_reports_all_faults_at_once(credit_rows: pd.DataFrame) -> None:
    frame = credit_rows.copy()
    for name in ("missing column", "text", "unknown code", "duplicate id"):
        frame = FAULTS[name][0](frame)
    with pytest.raises(DataValidationError) as failure:
        validate(frame, "rows.csv")
    assert {finding.column for finding in failure.value.findings} == {"AGE", "BILL_AMT2", "SEX", ID}


def test_shows_at_most_five_sample_rows(credit_rows: pd.DataFrame) -> None:
    with pytest.raises(DataValidationError) as failure:
        validate(credit_rows.assign(AGE=10), "rows.csv")
    [finding] = failure.value.findings
    assert (finding.count, len(finding.samples)) == (3000, 5)


def test_finds_where_a_file_was_cut(credit_rows: pd.DataFrame, tmp_path: Path) -> None:
    text = credit_rows.to_csv(index=False)
    assert text is not None
    end = text.index("\n", len(text) // 2) + 20  # some fields into a row
    (tmp_path / "cut.csv").write_text(text[:end])
    with pytest.raises(DataValidationError, match="no missing value"):
        validate(load_dataset(str(tmp_path / "cut.csv")).frame, "cut.csv")


def test_undocumented_codes_are_legal(credit_rows: pd.DataFrame) -> None:
    frame = credit_rows.copy()
    frame.loc[:3, "EDUCATION"] = [0, 5, 6, 4]
    frame.loc[:3, "MARRIAGE"] = [0, 1, 2, 3]
    frame.loc[:3, "PAY_0"] = [-2, 0, 9, -1]
    validate(frame, "rows.csv")


def test_fingerprint_is_of_the_rows_and_not_of_the_file(credit_rows: pd.DataFrame) -> None:
    buffer = io.StringIO(credit_rows.sample(frac=1, random_state=0)[COLUMNS[::-1]].assign(note="x").to_csv(index=False))
    assert fingerprint(validate(pd.read_csv(buffer), "x")) == fingerprint(credit_rows)
    assert fingerprint(credit_rows.assign(AGE=credit_rows["AGE"].clip(lower=22))) != fingerprint(credit_rows)


def test_takes_the_real_table(uci_path: Path) -> None:
    frame = validate(load_dataset(str(uci_path)).frame, "uci")
    assert len(frame) == 30_000
    assert frame[TARGET].mean() == pytest.approx(0.2212, abs=1e-4)


@pytest.fixture(scope="module")
def timed_rows() -> pd.DataFrame:
    """3,000 applications of 2025 whose outcomes are known 90 days later."""
    return generate_over_time(3_000, 11, Timeline(date(2025, 1, 1), months=12))


def _repeat(label: int) -> Fault:
    def fault(frame: pd.DataFrame) -> pd.DataFrame:
        again = frame.head(1)
        again = again.assign(**{TARGET: (again[TARGET] - label).abs()})
        return pd.concat([frame, again], ignore_index=True)

    return fault


TIME_FAULTS: dict[str, tuple[Fault, str, str, int]] = {
    "no date": (_with(APPLIED_AT, 4, "31.12.2025"), APPLIED_AT, "ISO date or timestamp", 1),
    "no application": (_with(APPLIED_AT, 4, None), APPLIED_AT, "no missing value", 1),
    "label is no date": (_with(LABEL_OBSERVED_AT, 4, "soon"), LABEL_OBSERVED_AT, "ISO date or timestamp", 1),
    "seen before": (_with(LABEL_OBSERVED_AT, 4, "2024-12-31"), LABEL_OBSERVED_AT, f"not before {APPLIED_AT}", 1),
    "labels alone": (
        lambda rows: rows.drop(columns=APPLIED_AT),
        APPLIED_AT,
        f"column is present where {LABEL_OBSERVED_AT} is",
        3000,
    ),
    "contradiction": (_repeat(1), TARGET, f"one label for one {ID} and {APPLIED_AT}", 2),
    "twice": (_repeat(0), ID, "no duplicate", 2),
    "label missing": (_with(TARGET, 4, None), TARGET, "no missing value", 1),
}


@pytest.mark.parametrize("name", TIME_FAULTS)
def test_names_what_is_wrong_with_time(timed_rows: pd.DataFrame, name: str) -> None:
    fault, column, rule, count = TIME_FAULTS[name]
    with pytest.raises(DataValidationError) as failure:
        validate(fault(timed_rows.copy()), "rows.csv")
    [finding] = failure.value.findings
    assert (finding.column, finding.rule, finding.count) == (column, rule, count)
    assert f"row {finding.samples[0]['row']}" in str(failure.value) if finding.samples else True
    json.loads(failure.value.report())


def test_a_client_may_come_back_at_another_time(timed_rows: pd.DataFrame) -> None:
    frame = timed_rows.copy()
    frame[ID] = frame[ID].replace(2, 1)
    assert len(validate(frame, "rows.csv")) == 3_000


def test_rows_and_labels_after_as_of_take_no_part(timed_rows: pd.DataFrame) -> None:
    as_of = datetime(2025, 9, 1, tzinfo=UTC)
    cut = timed_rows[timed_rows[APPLIED_AT] <= pd.Timestamp(as_of)].copy()
    late = cut[LABEL_OBSERVED_AT] > pd.Timestamp(as_of)
    cut[TARGET] = cut[TARGET].astype("float").mask(late)
    cut[LABEL_OBSERVED_AT] = cut[LABEL_OBSERVED_AT].mask(late)
    today, then = validate(timed_rows, "today", as_of=as_of), validate(cut, "then", as_of=as_of)
    pd.testing.assert_frame_equal(today, then)
    assert fingerprint(today) == fingerprint(then) != fingerprint(validate(timed_rows, "today"))
    assert today[LABEL_OBSERVED_AT].max() <= pd.Timestamp(as_of)
    assert late.any()


def test_what_happens_after_as_of_may_be_wrong(timed_rows: pd.DataFrame) -> None:
    frame = timed_rows.copy()
    frame.loc[2_999, "AGE"] = 999
    validate(frame, "rows.csv", as_of=datetime(2025, 9, 1, tzinfo=UTC))
    with pytest.raises(DataValidationError, match="from 18 to 120"):
        validate(frame, "rows.csv")


def test_a_date_before_all_labels_says_so(timed_rows: pd.DataFrame) -> None:
    with pytest.raises(DataValidationError, match="has rows with a label known by 2025-02-01"):
        validate(timed_rows, "rows.csv", as_of=datetime(2025, 2, 1, tzinfo=UTC))


def test_a_past_date_asks_for_both_columns(timed_rows: pd.DataFrame) -> None:
    with pytest.raises(DataValidationError) as failure:
        validate(timed_rows[COLUMNS], "rows.csv", time_required=True)
    assert [finding.column for finding in failure.value.findings] == TIME_COLUMNS


def test_text_and_timestamps_give_the_same_fingerprint(timed_rows: pd.DataFrame) -> None:
    text = io.StringIO(timed_rows.sample(frac=1, random_state=0).to_csv(index=False))
    assert fingerprint(validate(pd.read_csv(text), "csv")) == fingerprint(validate(timed_rows, "parquet"))
