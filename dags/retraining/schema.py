"""The credit data: columns, domains, and what each means.

Columns and codes are those of "Default of Credit Card Clients" (I-Cheng Yeh, UCI Machine Learning
Repository, 2009, https://doi.org/10.24432/C55S3H). Codes that occur there without being documented are
legal: EDUCATION 0, 5 and 6, MARRIAGE 0, and PAY_* -2 and 0.

Domains say what may be asked, not what training has seen. Amounts stop at ten million, below 2**24,
so that every legal value is exact in the float32 tensor that the graph takes.
"""

from __future__ import annotations

from retraining.manifest import Feature

ID = "ID"
TARGET = "default payment next month"

APPLIED_AT = "APPLIED_AT"
"""Optional column: the moment that the features speak of, when the application was decided."""

LABEL_OBSERVED_AT = "LABEL_OBSERVED_AT"
"""Optional column beside APPLIED_AT: when the outcome became known. Null: not yet, and the target may be null too."""

TIME_COLUMNS = [APPLIED_AT, LABEL_OBSERVED_AT]
"""ISO dates or timestamps; without a zone they are UTC, and a date is the moment at which it begins."""

SIGNATURE_VERSION = "1.0"
"""MAJOR.MINOR of what callers send and get. Raise MAJOR to break them on purpose, which a person then has to
approve; raise MINOR with a change that they do not notice."""

_AMOUNT_LIMIT = 10_000_000
_MONTHS = ("September", "August", "July", "June", "May", "April")
_STATUS_NAMES = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")  # PAY_1 never existed


def _number(name: str, low: int, high: int, description: str) -> Feature:
    return {
        "name": name,
        "type": "int64",
        "nullable": False,
        "description": description,
        "range": {"min": low, "max": high},
    }


def _code(name: str, codes: range, description: str) -> Feature:
    return {"name": name, "type": "int64", "nullable": False, "description": description, "categories": list(codes)}


FEATURES: list[Feature] = [
    _number("LIMIT_BAL", 1, _AMOUNT_LIMIT, "Credit granted, NT dollars."),
    _code("SEX", range(1, 3), "1 male, 2 female."),
    _code("EDUCATION", range(7), "1 graduate school, 2 university, 3 high school, 4 others; 0, 5, 6 undocumented."),
    _code("MARRIAGE", range(4), "1 married, 2 single, 3 others; 0 undocumented."),
    _number("AGE", 18, 120, "Years."),
    *(
        _number(name, -2, 9, f"Repayment in {month} 2005: months late; -1 paid in full, 0 and -2 undocumented.")
        for name, month in zip(_STATUS_NAMES, _MONTHS, strict=True)
    ),
    *(
        _number(f"BILL_AMT{i}", -_AMOUNT_LIMIT, _AMOUNT_LIMIT, f"Bill statement in {month} 2005, NT dollars.")
        for i, month in enumerate(_MONTHS, start=1)
    ),
    *(
        _number(f"PAY_AMT{i}", 0, _AMOUNT_LIMIT, f"Paid in {month} 2005, NT dollars.")
        for i, month in enumerate(_MONTHS, start=1)
    ),
]
"""The features in the order in which the graph takes them."""

FEATURE_NAMES = [feature["name"] for feature in FEATURES]
COLUMNS = [ID, *FEATURE_NAMES, TARGET]
"""Every column that a data set must have, in its order."""
