"""The drift report: one HTML page that needs nothing else, with a picture of every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retraining.monitoring.drift import ColumnDrift
from retraining.page_template import page_templates

_TEMPLATE = "drift_report.html.jinja"
_HEIGHT = 90.0
_WIDTH = 320.0


@dataclass(frozen=True)
class Bar:
    """One bin: where its two bars stand (SVG units) and what they say."""

    x: float
    width: float
    reference_y: float
    reference_height: float
    current_y: float
    current_height: float
    name: str
    title: str


def render_drift_report(
    columns: Sequence[ColumnDrift],
    *,
    facts: Mapping[str, Any],
    decision: Mapping[str, Any],
    quality: Mapping[str, Any],
    thresholds: Mapping[str, float],
) -> str:
    """The page. ``facts`` are shown as they are, by name; nothing in it is a row's own value."""
    return (
        page_templates(Path(__file__).parent)
        .get_template(_TEMPLATE)
        .render(
            columns=columns,
            drifted=[column for column in columns if column.drifted],
            unknown=[column for column in columns if column.drifted is None],
            bars={(column.kind, column.name): bars_of(column) for column in columns if column.bins},
            facts=facts,
            decision=decision,
            quality=quality,
            thresholds=thresholds,
            width=_WIDTH,
            height=_HEIGHT,
        )
    )


def bars_of(column: ColumnDrift) -> list[Bar]:
    """Pairs of bars of the bins that are used, left the reference, right the window, scaled to the highest."""
    used = [
        (name, reference, current)
        for name, reference, current in zip(column.bins, column.reference_shares, column.current_shares, strict=True)
        if reference or current
    ]
    highest = max((max(reference, current) for _, reference, current in used), default=1.0)
    step = _WIDTH / max(len(used), 1)
    width = step * 0.42
    bars = []
    for index, (name, reference, current) in enumerate(used):
        heights = (_HEIGHT * reference / highest, _HEIGHT * current / highest)
        bars.append(
            Bar(
                x=round(index * step + step * 0.06, 2),
                width=round(width, 2),
                reference_y=round(_HEIGHT - heights[0], 2),
                reference_height=round(heights[0], 2),
                current_y=round(_HEIGHT - heights[1], 2),
                current_height=round(heights[1], 2),
                name=name,
                title=f"{name}: reference {reference:.1%}, window {current:.1%}",
            )
        )
    return bars
