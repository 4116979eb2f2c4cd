"""The dossier as one HTML page that needs nothing else: it opens from a file, from MLflow, and on paper."""

from __future__ import annotations

import json
from pathlib import Path

from retraining.dossier import charts
from retraining.dossier.content import Dossier
from retraining.page_template import page_templates

_SHOWN_FEATURES = 12
_PSI_MARKS = (0.1, 0.25)

WORDS = {
    "passed": "passed",
    "failed": "failed",
    "needs_approval": "needs approval",
    "not_applicable": "not applicable",
    "not_inferior": "not worse",
    "worse": "worse",
    "inconclusive": "unclear",
    "not_judged": "too small",
    "selected": "selected",
    "accepted": "accepted",
    "rejected": "rejected",
}
"""Verdicts, statuses and outcomes as a reader knows them."""


def render_page(dossier: Dossier) -> str:
    """HTML of a dossier. Deterministic: the same dossier gives the same bytes."""
    environment = page_templates(Path(__file__).parent)
    environment.filters["plain"] = _plain
    champion = dossier["champion"].get("curves")
    moved = list(dossier["data"]["feature_drift"].items())[:_SHOWN_FEATURES]
    drift_reach = max([0.3, *(psi for _, psi in moved)])
    gains = [abs(row[key] or 0) for row in dossier["slices"] for key in ("low", "high")]
    return environment.get_template("page.html.jinja").render(
        d=dossier,
        words=WORDS,
        roc=charts.roc_chart(dossier["curves"], champion),
        calibration=charts.calibration_chart(dossier["curves"], champion),
        scores=charts.score_chart(dossier["curves"], dossier["threshold"]),
        slice_bars=[
            charts.interval_bar(
                row["gain"] or 0, row["low"], row["high"], dossier["margin"], max([2 * dossier["margin"], *gains])
            )
            if row["low"] is not None and row["high"] is not None
            else None
            for row in dossier["slices"]
        ],
        drift=[
            (name, psi, charts.value_bar(psi, drift_reach, _PSI_MARKS, f"PSI of {name}: {psi:.3f}"))
            for name, psi in moved
        ],
        hidden_features=max(len(dossier["data"]["feature_drift"]) - _SHOWN_FEATURES, 0),
        leaks=list(dossier["data"]["feature_auc"].items())[:5],
    )


def render_json(dossier: Dossier) -> str:
    """The dossier as JSON; what is not a number is null, since JSON has no NaN."""
    return json.dumps(_finite(dossier), indent=1, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _plain(number: float) -> str:
    """A number as short as it stays readable."""
    if number != number:
        return "not a number"
    if abs(number) >= 1000 or float(number).is_integer():
        return f"{number:,.0f}"
    return f"{number:.4g}"
