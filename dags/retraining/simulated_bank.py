"""A bank that does not exist: its warehouse as a Parquet file, and the applicants that ask for credit.

``python -m retraining.simulated_bank warehouse|applicants --to FILE ...``

What is written is the generator's (``synthetic.py``), in the form in which a real bank's rows would come: the
pipeline reads the warehouse as any other file and takes its rows for real ones. **Name the file so that nobody else
does**: the name goes into lineage and dossier.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LABEL_DELAY_DAYS = 30
"""From an application to the day on which its outcome is known."""

WINDOW_MONTHS = 4
"""The warehouse's extract holds the applications of so many months whose outcomes are known."""


@dataclass(frozen=True)
class Extract:
    """What the warehouse gives to whoever asks on a day."""

    day: date
    rows: int
    seed: int
    shift: float = 0.0
    """0 to 1, see ``synthetic.true_default_probability``."""
    shifted_since_days: int = 0
    """How long before ``day`` the population changed; the rows before that are of the first one."""


def warehouse(extract: Extract) -> pd.DataFrame:
    """Rows with APPLIED_AT and LABEL_OBSERVED_AT, all of whose outcomes are known on the extract's day."""
    import pandas as pd

    from retraining.synthetic import Timeline, generate_over_time

    end = pd.Timestamp(extract.day) - pd.Timedelta(days=LABEL_DELAY_DAYS)
    timeline = Timeline(
        start=(end - pd.DateOffset(months=WINDOW_MONTHS)).date(),
        months=WINDOW_MONTHS,
        label_delay_days=LABEL_DELAY_DAYS,
        shift=extract.shift,
        shift_from=extract.day - timedelta(days=extract.shifted_since_days),
    )
    return generate_over_time(extract.rows, extract.seed, timeline)


def applicants(rows: int, seed: int, shift: float, amounts: int = 1) -> list[dict[str, Any]]:
    """Who asks for credit and what will become of them: ``{"features": {...}, "label": 0 | 1}``.

    ``amounts`` 1 to 7 are clients of a product that the bank has never sold: limits, bills and payments are so many
    times as high. What becomes of them is what becomes of those with the single amounts.
    """
    import numpy as np

    from retraining.schema import FEATURE_NAMES
    from retraining.synthetic import generate_applicants

    frame, probability = generate_applicants(rows, seed, shift)
    labels = (np.random.default_rng([seed, 2]).random(rows) < probability).astype(int)
    money = [name for name in FEATURE_NAMES if name == "LIMIT_BAL" or "_AMT" in name]
    frame[money] *= amounts
    features = frame[FEATURE_NAMES].to_dict("records")
    return [{"features": row, "label": int(label)} for row, label in zip(features, labels, strict=True)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes one of the two whole or not at all: whoever reads meanwhile sees the earlier file."""
    options = _parser().parse_args(arguments)
    target = Path(options.to)
    partial = target.with_name(f"{target.name}.partial")
    if options.what == "warehouse":
        extract = Extract(options.day, options.rows, options.seed, options.shift, options.shifted_since_days)
        warehouse(extract).to_parquet(partial, index=False)
    else:
        lines = (json.dumps(row) for row in applicants(options.rows, options.seed, options.shift, options.amounts))
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    partial.replace(target)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulated_bank", description="Writes rows of a bank that does not exist.")
    kinds = parser.add_subparsers(dest="what", required=True)
    for name in ("warehouse", "applicants"):
        kind = kinds.add_parser(name)
        kind.add_argument("--to", required=True)
        kind.add_argument("--rows", type=int, required=True)
        kind.add_argument("--seed", type=int, required=True)
        kind.add_argument("--shift", type=float, default=0.0)
        if name == "warehouse":
            kind.add_argument("--day", type=date.fromisoformat, default=datetime.now(UTC).date())
            kind.add_argument("--shifted-since-days", type=int, default=0)
        else:
            kind.add_argument("--amounts", type=int, default=1, choices=range(1, 8))
    return parser


if __name__ == "__main__":
    main()
