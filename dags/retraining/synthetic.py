"""Synthetic credit applications with a known probability of default.

Same schema as the real table, marginals near it, and one thing that real data never has: the true
probability behind every label. With it, drift, label delay and fairness can be simulated and the best
possible score is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.schema import APPLIED_AT, COLUMNS, FEATURE_NAMES, ID, LABEL_OBSERVED_AT, TARGET

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shift = float | Floats
"""How far the world has moved from the one of the first model: 0 not at all, 1 fully; for all rows or ``[rows]``."""

_STATUSES = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")
_MONTHS = len(_STATUSES)
_WORST_STATUS = 8


@dataclass(frozen=True)
class Timeline:
    """When applications come, when their outcomes become known, and from when on the world is another one."""

    start: date
    months: int
    """Applications are spread evenly over so many calendar months, from the start of ``start`` (UTC)."""
    label_delay_days: int = 90
    """From an application to the day on which everybody knows how it went."""
    shift: float = 0.0
    """0 to 1, of every application from ``shift_from`` on."""
    shift_from: date | None = None
    """None: from the first one on."""


def true_default_probability(frame: pd.DataFrame, shift: Shift = 0.0) -> Floats:
    """The probability with which the generator draws each row's label, ``[rows]``.

    ::

        late(m)     = max(PAY_m, 0)                      months late, m = 0, 2..6
        used        = clip(BILL_AMT1 / LIMIT_BAL, 0, 1.5)
        paid        = mean(PAY_AMT1..6) / LIMIT_BAL
        logit(PD)   = -2.25
                      + 0.95 min(late(0), 4) + 0.45 min(late(2), 4) + 0.10 (late(3) + .. + late(6))
                      + 1.20 used - 6.0 min(paid, 0.25)
                      - 0.50 ln(LIMIT_BAL / 100000)
                      + 0.25 [AGE < 26] + 0.15 [AGE > 60]
                      + 0.15 [EDUCATION = 3] + 0.10 [SEX = 1]

    It depends on the features only: two equal rows have equal probabilities.

    ``shift`` s makes it another relation: lateness, which is what an older model goes by, says less; those with
    a high limit and those who owe more than half a year ago, who were good clients, become bad ones::

        -2.25 -> -2.25 - 1.70 s      0.95 -> 0.95 - 0.80 s        0.45 -> 0.45 - 0.40 s
        1.20 -> 1.20 + 0.90 s        -0.50 -> -0.50 + 1.00 s      + 1.80 s [BILL_AMT1 > BILL_AMT6]

    Nothing of it speaks of age, sex or education: a model that learns it treats groups as the earlier one did.
    On 40,000 rows of s = 1 a gradient boosting trained on s = 0 has an AUC of 0.64 and an expected calibration
    error of 0.13; trained on s = 1, 0.75 and 0.01. At s = 0.6: 0.73 and 0.06 against 0.77 and 0.01.
    """
    late = frame[list(_STATUSES)].clip(lower=0).to_numpy(np.float64)
    limit = frame["LIMIT_BAL"].to_numpy(np.float64)
    age = frame["AGE"].to_numpy()
    owed = frame["BILL_AMT1"].to_numpy(np.float64)
    used = np.clip(owed / limit, 0, 1.5)
    paid = frame[[f"PAY_AMT{i}" for i in range(1, _MONTHS + 1)]].mean(axis=1).to_numpy(np.float64) / limit
    moved = np.asarray(shift, dtype=np.float64)
    logit = (
        -(2.25 + 1.70 * moved)
        + (0.95 - 0.80 * moved) * np.minimum(late[:, 0], 4)
        + (0.45 - 0.40 * moved) * np.minimum(late[:, 1], 4)
        + 0.10 * late[:, 2:].sum(axis=1)
        + (1.20 + 0.90 * moved) * used
        - 6.0 * np.minimum(paid, 0.25)
        - (0.50 - 1.00 * moved) * np.log(limit / 100_000)
        + 0.25 * (age < 26)
        + 0.15 * (age > 60)
        + 0.15 * (frame["EDUCATION"].to_numpy() == 3)
        + 0.10 * (frame["SEX"].to_numpy() == 1)
        + 1.80 * moved * (owed > frame["BILL_AMT6"].to_numpy(np.float64))
    )
    probability: Floats = 1 / (1 + np.exp(-logit))
    return probability


def generate(rows: int, seed: int, shift: Shift = 0.0) -> pd.DataFrame:
    """``rows`` applications with ids from 1; the same seed and shift give the same rows.

    All values are whole numbers, as in the real table. A hidden strain per client drives lateness and
    use of credit together, which is what makes the columns correlate.

    ``shift`` moves the population and, by ``true_default_probability``, the relation: clients are more
    strained by 0.7 s standard deviations (later, deeper in debt) and limits larger by the factor exp(0.5 s).
    """
    random = np.random.default_rng(seed)
    moved = np.broadcast_to(np.asarray(shift, dtype=np.float64), (rows,))
    strain = random.normal(size=rows) + 0.7 * moved
    level = 11.7 + 0.5 * moved
    limit = np.clip(np.round(np.exp(random.normal(level - 0.25 * strain, 0.75)) / 10_000), 1, 100) * 10_000
    status = _statuses(random, strain)
    bills, payments = _money(random, strain, limit, status)
    frame = pd.DataFrame({ID: np.arange(1, rows + 1)})
    frame["LIMIT_BAL"] = limit
    frame["SEX"] = random.choice([1, 2], rows, p=[0.4, 0.6])
    frame["EDUCATION"] = random.choice(range(7), rows, p=[0.0005, 0.353, 0.468, 0.164, 0.004, 0.009, 0.0015])
    frame["MARRIAGE"] = random.choice(range(4), rows, p=[0.002, 0.455, 0.532, 0.011])
    frame["AGE"] = np.clip(21 + np.floor(random.gamma(2.4, 6.0, rows)), 21, 79)
    for month, name in enumerate(_STATUSES):
        frame[name] = status[:, month]
    for month in range(_MONTHS):
        frame[f"BILL_AMT{month + 1}"] = bills[:, month]
    for month in range(_MONTHS):
        frame[f"PAY_AMT{month + 1}"] = payments[:, month]
    frame[TARGET] = random.random(rows) < true_default_probability(frame, shift)
    return frame[COLUMNS].astype(np.int64)


def generate_applicants(rows: int, seed: int, shift: Shift = 0.0) -> tuple[pd.DataFrame, Floats]:
    """Who may ask for a prediction: id and features without the label, and the true probability of default.

    The rows are those of ``generate``; draw outcomes from the probabilities, or hold scores against them.
    """
    frame = generate(rows, seed, shift)[[ID, *FEATURE_NAMES]]
    return frame, true_default_probability(frame, shift)


def generate_over_time(rows: int, seed: int, timeline: Timeline) -> pd.DataFrame:
    """``generate`` with APPLIED_AT and LABEL_OBSERVED_AT, ids in the order of time.

    Without a shift the other columns are exactly those of ``generate(rows, seed)``: time is drawn apart.
    All outcomes are given, those of days to come too: what was known when is the reader's to respect.
    """
    first = pd.Timestamp(timeline.start, tz="UTC")
    end = first + pd.DateOffset(months=timeline.months)
    seconds = int((end - first).total_seconds())
    offsets = np.sort(np.random.default_rng([seed, 1]).integers(0, seconds, rows))
    applied = pd.Series(first + pd.to_timedelta(offsets, unit="s")).dt.as_unit("us")
    frame = generate(rows, seed, _shifts(applied, timeline))
    frame[APPLIED_AT] = applied
    frame[LABEL_OBSERVED_AT] = applied + pd.Timedelta(days=timeline.label_delay_days)
    return frame


def _shifts(applied: pd.Series[pd.Timestamp], timeline: Timeline) -> Floats:
    shifted = applied >= pd.Timestamp(timeline.shift_from or timeline.start, tz="UTC")
    return np.where(shifted.to_numpy(), timeline.shift, 0.0)


def _statuses(random: np.random.Generator, strain: Floats) -> Integers:
    """Repayment status ``[rows, months]``, latest first, walked from the oldest month to the latest.

    Who is late stays late or catches up; who is not falls late the likelier the more strained.
    """
    rows = len(strain)
    calm = np.where(strain < -0.9, -2, np.where(strain < -0.2, -1, 0))
    falls = 1 / (1 + np.exp(2.7 - 1.4 * strain))
    months = np.zeros((rows, _MONTHS), dtype=np.int64)
    current = np.where(random.random(rows) < 1.6 * falls, 2, calm)
    for month in reversed(range(_MONTHS)):
        draw = random.random(rows)
        late = current > 0
        worse = np.minimum(current + 1, _WORST_STATUS)
        stays = np.where(draw < 0.45, np.maximum(current, 2), np.where(draw < 0.52, worse, calm))
        new = np.where(draw < falls, np.where(random.random(rows) < 0.55, 1, 2), _jitter(random, calm))
        current = np.where(late, stays, new)
        months[:, month] = current
    return months


def _jitter(random: np.random.Generator, calm: Integers) -> Integers:
    """The calm status with some clients a step off it, as from one month to the next."""
    step = random.choice([-1, 0, 1], len(calm), p=[0.06, 0.88, 0.06])
    jittered: Integers = np.clip(calm + step, -2, 0)
    return jittered


def _money(random: np.random.Generator, strain: Floats, limit: Floats, status: Integers) -> tuple[Floats, Floats]:
    """Bills and payments ``[rows, months]``, latest first, in whole NT dollars."""
    rows = len(limit)
    appetite = 1 / (1 + np.exp(0.6 - 1.1 * strain - random.normal(0, 0.9, rows)))
    bills = np.zeros((rows, _MONTHS))
    payments = np.zeros((rows, _MONTHS))
    for month in range(_MONTHS):
        used = appetite * np.exp(random.normal(-0.05 * month, 0.18, rows))
        # The inactive hardly use the card; who pays in full uses a part of what revolvers do.
        held = np.select([status[:, month] == -2, status[:, month] == -1], [0.03, 0.3], 1.0)
        bills[:, month] = limit * np.clip(used, 0, 1.4) * held + random.normal(0, 300, rows)
        # Transactors pay in full, revolvers a little, the late nothing or less than the minimum.
        share = np.where(status[:, month] < 0, 0.95, np.where(status[:, month] == 0, 0.08, 0.015))
        paid = np.maximum(bills[:, month], 0) * share * np.exp(random.normal(0, 0.6, rows))
        payments[:, month] = paid * (random.random(rows) < np.where(status[:, month] > 0, 0.55, 0.92))
    return np.clip(np.round(bills), -200_000, 2_000_000), np.clip(np.round(payments), 0, 2_000_000)
