"""The drift report as a page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from retraining.artifact_link import artifact_link
from retraining.monitoring.drift import ColumnDrift
from retraining.monitoring.drift_report import bars_of, render_drift_report

MOVED = ColumnDrift(
    "AGE", "feature", 900, 0.41, 0.3, 0.05, True, ("to 30", "above 30", "missing"), (0.5, 0.5, 0), (0.2, 0.8, 0)
)
CALM = ColumnDrift("score", "output", 900, 0.01, 0.02, 0.05, False, ("to 0.5", "above 0.5"), (0.5, 0.5), (0.5, 0.5))
FEW = ColumnDrift("SEX", "feature", 10, None, None, None, None, (), (), ())
FACTS = {"model": "<credit>", "champion version": "7", "window start": "yesterday", "window end": "today"}


def render(columns: list[ColumnDrift], **decision: Any) -> str:
    return render_drift_report(
        columns,
        facts=FACTS,
        decision={"request": False, "reason": "nothing is sustained", **decision},
        quality={"text": "kept: live AUC 0.77"},
        thresholds={"max_psi": 0.25, "max_jensen_shannon": 0.15},
    )


class Tags(HTMLParser):
    """Collects what is open, so that a page that is not well formed is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.resources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        self.resources += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        pass

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        assert self.open.pop() == tag


@pytest.mark.parametrize("columns", [[MOVED, CALM, FEW], [CALM], [FEW], []])
def test_the_page_is_well_formed_and_needs_nothing_else(columns: list[ColumnDrift]) -> None:
    page = render(columns)
    tags = Tags()
    tags.feed(page)
    assert (tags.open, tags.resources) == ([], [])
    assert "http" not in page
    assert "&lt;credit&gt;" in page


def test_the_verdict_comes_first() -> None:
    assert "<strong>1 of 3 columns have drifted:</strong> AGE" in render([MOVED, CALM, FEW])
    assert "No column has drifted." in render([CALM, FEW])
    assert "Too few rows to say." in render([FEW])
    assert "Retraining: asked for" in render([MOVED], request=True, reason="drift in 3 evaluations in a row")


def test_bars_stay_within_their_picture() -> None:
    bars = bars_of(MOVED)
    assert [bar.title for bar in bars][1] == "above 30: reference 50.0%, window 80.0%"
    for bar in bars:
        assert bar.current_y >= 0
        assert bar.current_y + bar.current_height == pytest.approx(90)
        assert bar.x + 2 * bar.width <= 320


def test_a_link_to_the_report_holds_no_password() -> None:
    link = artifact_link("https://user:secret@mlflow.bank:443/", "3", "abc", "drift/report.html")
    assert link == "https://mlflow.bank:443/#/experiments/3/runs/abc/artifacts/drift/report.html"
