"""Checks of a data set before anything is trained on it.

Two pandera schemas: the first asks whether the columns are there and hold whole numbers, the second,
on the columns that do, whether the values are legal. The optional time columns are read first, since they say
which rows take part at all. All faults are collected into one report, since whoever has to repair the file
wants to repair it once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from retraining.errors import RetrainingError
from retraining.manifest import Feature
from retraining.moments import has_time, known_at, moments_of, observed_too_early
from retraining.schema import APPLIED_AT, COLUMNS, FEATURES, ID, LABEL_OBSERVED_AT, TARGET, TIME_COLUMNS

SMALLEST_TABLE = 1_000
"""Rows below which neither the holdout nor a comparison on it would mean anything."""

_SAMPLES = 5
_TABLE = "(table)"


@dataclass(frozen=True)
class Finding:
    """One broken rule: in which column, how often, and a few of the rows, ``{"row", "ID", "value"}`` each."""

    column: str
    rule: str
    count: int
    samples: list[dict[str, Any]] = field(default_factory=list)


class DataValidationError(RetrainingError):
    """The data set breaks rules; ``findings`` says which, ``report()`` for machines, ``str()`` for readers."""

    def __init__(self, uri: str, rows: int, findings: list[Finding]) -> None:
        self.uri = uri
        self.rows = rows
        self.findings = findings
        super().__init__(f"{uri} breaks {len(findings)} rule(s) in {rows} rows:\n{_table(findings)}")

    def report(self) -> str:
        """The findings as JSON."""
        document = {"uri": self.uri, "rows": self.rows, "findings": [asdict(item) for item in self.findings]}
        return json.dumps(document, indent=1, default=str)


def validate(
    frame: pd.DataFrame, uri: str, *, as_of: datetime | None = None, time_required: bool = False
) -> pd.DataFrame:
    """The rows in the schema's column order and types; DataValidationError where a rule is broken.

    Columns that the schema does not know are dropped. Where there is time, only the rows that were known
    ``as_of`` take part and are checked (``moments.py``), and they come sorted by time and id; else by id.
    Sorted, so that neither the fingerprint nor the model depends on the order in which a store happened to
    keep the rows. ``time_required`` is for a run for a past date: without time columns nobody can tell what
    was known then.
    """
    if frame.empty:
        raise DataValidationError(uri, 0, [Finding(_TABLE, "has rows", 0)])
    frame = frame.reset_index(drop=True)
    moments = moments_of(frame)
    findings = _time_findings(frame, moments, time_required=time_required)
    timed = has_time(frame)
    known = frame[known_at(moments, as_of)] if timed else frame
    if known.empty and not findings:
        raise DataValidationError(uri, len(frame), [Finding(_TABLE, f"has rows with a label known by {as_of}", 0)])
    findings += _findings(known, _types_schema(), frame)
    faulty = {item.column for item in findings}
    sound = [column for column in COLUMNS if column in frame.columns and column not in faulty]
    typed = known[sound].apply(pd.to_numeric).astype(np.int64)
    findings += _findings(typed, _domain_schema(sound, unique_id=not timed), frame)
    if timed and ID in typed:
        findings += _repetitions(typed.join(moments), frame)
    if findings:
        raise DataValidationError(uri, len(frame), findings)
    ordered: pd.DataFrame = typed[COLUMNS].join(moments) if timed else typed[COLUMNS]
    return ordered.sort_values([APPLIED_AT, ID] if timed else ID, ignore_index=True)


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 of validated rows: the same rows give the same digest from CSV, Parquet or any order."""
    moments = [column for column in TIME_COLUMNS if column in frame]
    digest = hashlib.sha256(json.dumps([*COLUMNS, *moments]).encode())
    digest.update(np.ascontiguousarray(frame[COLUMNS].to_numpy(dtype="<i8")).tobytes())
    for column in moments:
        digest.update(frame[column].dt.as_unit("us").astype(np.int64).to_numpy(dtype="<i8").tobytes())
    return digest.hexdigest()


def _time_findings(frame: pd.DataFrame, moments: pd.DataFrame, *, time_required: bool) -> list[Finding]:
    """What is wrong with the time columns. NaT in ``moments`` is an empty cell or one that is no moment."""
    findings = []
    if time_required:
        missing = [column for column in TIME_COLUMNS if column not in frame]
        findings += [Finding(column, "column is present where as_of is given", len(frame)) for column in missing]
    elif LABEL_OBSERVED_AT in frame and not has_time(frame):
        findings.append(Finding(APPLIED_AT, f"column is present where {LABEL_OBSERVED_AT} is", len(frame)))
    for column in moments.columns.astype(str):
        unreadable = moments[column].isna() & frame[column].notna()
        findings += _where(unreadable, column, "ISO date or timestamp", frame)
    if has_time(frame):
        findings += _where(frame[APPLIED_AT].isna(), APPLIED_AT, "no missing value", frame)
    if len(moments.columns) == len(TIME_COLUMNS):
        findings += _where(observed_too_early(moments), LABEL_OBSERVED_AT, f"not before {APPLIED_AT}", frame)
    return findings


def _repetitions(rows: pd.DataFrame, original: pd.DataFrame) -> list[Finding]:
    """An id may come back at another time; at the same time it is the same application twice."""
    keys = [ID, APPLIED_AT]
    repeated = rows.duplicated(keys, keep=False)
    if TARGET not in rows:
        return _where(repeated, ID, "no duplicate", original)
    contradicts = repeated & (rows.groupby(keys)[TARGET].transform("nunique") > 1)
    return [
        *_where(contradicts, TARGET, f"one label for one {ID} and {APPLIED_AT}", original),
        *_where(repeated & ~contradicts, ID, "no duplicate", original),
    ]


def _where(broken: pd.Series[bool], column: str, rule: str, original: pd.DataFrame) -> list[Finding]:
    """One finding for the rows in which a rule is broken, or none."""
    rows = [int(index) for index in broken.index[broken]]
    return [Finding(column, rule, len(rows), _sample(original, column, rows))] if rows else []


def _types_schema() -> pa.DataFrameSchema:
    whole = pa.Check(_is_whole, name="whole number", error="whole number")
    return pa.DataFrameSchema({column: pa.Column(None, whole, nullable=False) for column in COLUMNS})


def _domain_schema(columns: list[str], *, unique_id: bool) -> pa.DataFrameSchema:
    domains = {feature["name"]: _domain_checks(feature) for feature in FEATURES}
    domains[ID] = [pa.Check.ge(0, error="at least 0")]
    domains[TARGET] = [pa.Check.isin([0, 1], error="one of [0, 1]")]
    table = [pa.Check(lambda rows: len(rows) >= SMALLEST_TABLE, error=f"at least {SMALLEST_TABLE} rows")]
    if TARGET in columns:
        table.append(pa.Check(lambda rows: rows[TARGET].nunique() > 1, error=f"both classes in {TARGET!r}"))
    return pa.DataFrameSchema(
        {column: pa.Column(np.int64, domains[column], unique=unique_id and column == ID) for column in columns},
        checks=table,
    )


def _domain_checks(feature: Feature) -> list[pa.Check]:
    checks = []
    if "categories" in feature:
        checks.append(pa.Check.isin(feature["categories"], error=f"one of {feature['categories']}"))
    if "range" in feature:
        low, high = feature["range"]["min"], feature["range"]["max"]
        checks.append(pa.Check.in_range(low, high, error=f"from {low} to {high}"))
    return checks


def _is_whole(series: pd.Series[Any]) -> pd.Series[bool]:
    numbers = pd.to_numeric(series, errors="coerce")
    # Beyond 2**53 a float64 no longer says which whole number was meant.
    return (numbers % 1 == 0) & (numbers.abs() <= 2**53)


def _findings(frame: pd.DataFrame, schema: pa.DataFrameSchema, original: pd.DataFrame) -> list[Finding]:
    """What the schema finds, with sample rows taken from the table as it was read."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    findings = []
    for (column, check), group in cases.groupby(["column", "check"], dropna=False, sort=False):
        rows = [int(index) for index in group["index"].dropna()]
        if check == "column_in_dataframe":
            findings.append(Finding(str(group["failure_case"].iloc[0]), "column is present", len(frame)))
        elif rows:
            findings.append(
                Finding(str(column), _RULES.get(check, str(check)), len(rows), _sample(original, column, rows))
            )
        else:
            findings.append(Finding(_TABLE, str(check), len(frame)))
    return _without_echoes(findings)


_RULES = {"not_nullable": "no missing value", "field_uniqueness": "no duplicate"}


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Drops what repeats another finding: a missing value is no whole number either."""
    nulls = {item.column: item.count for item in findings if item.rule == "no missing value"}
    return [item for item in findings if item.rule != "whole number" or nulls.get(item.column) != item.count]


def _sample(original: pd.DataFrame, column: str, rows: list[int]) -> list[dict[str, Any]]:
    shown = []
    for row in rows[:_SAMPLES]:
        client = original[ID].iloc[row] if ID in original else None
        shown.append({"row": row, ID: _plain(client), "value": _plain(original[column].iloc[row])})
    return shown


def _plain(value: Any) -> Any:
    """A cell as JSON can say it; a missing one is None."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _table(findings: list[Finding]) -> str:
    lines = [("column", "rule", "rows", "for example")]
    for item in findings:
        examples = "; ".join(f"row {case['row']} (ID {case[ID]}): {case['value']}" for case in item.samples[:3])
        lines.append((item.column, item.rule, str(item.count), examples))
    widths = [max(len(line[position]) for line in lines) for position in range(3)]
    return "\n".join(
        "  " + "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]).rstrip()
        for line in lines
    )
