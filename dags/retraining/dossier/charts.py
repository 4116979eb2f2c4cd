"""The dossier's charts as inline SVG: no script, no request, colours from the page's style sheet.

Built as XML trees, so that every text in them is escaped and the result is well-formed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from retraining.evidence import Curves

_WIDTH, _HEIGHT = 400, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 46

Point = tuple[float, float]


@dataclass(frozen=True)
class _Axes:
    """A drawing with axes from 0 to ``x`` and ``y``; what is drawn is said in the units of the axes."""

    root: ElementTree.Element
    x: float
    y: float

    def place(self, point: Point) -> Point:
        x = _LEFT + point[0] / self.x * (_WIDTH - _LEFT - _RIGHT)
        y = _HEIGHT - _BOTTOM - point[1] / self.y * (_HEIGHT - _TOP - _BOTTOM)
        return round(x, 1), round(y, 1)

    def line(self, points: Sequence[Point], style: str) -> None:
        _element(self.root, "polyline", points=self._path(points), **{"class": style})

    def area(self, points: Sequence[Point], style: str) -> None:
        _element(self.root, "polygon", points=self._path(points), **{"class": style})

    def dot(self, point: Point, style: str, title: str) -> None:
        x, y = self.place(point)
        circle = _element(self.root, "circle", cx=x, cy=y, r=3.5, **{"class": style})
        _element(circle, "title").text = title

    def _path(self, points: Sequence[Point]) -> str:
        return " ".join(f"{x:g},{y:g}" for x, y in map(self.place, points))


def roc_chart(candidate: Curves, champion: Curves | None) -> Markup:
    """True positive rate over false positive rate."""
    axes = _axes(
        "ROC curve",
        "Share of defaulters found against share of payers refused, at every threshold; the diagonal is chance.",
        ("false positive rate (payers refused)", 1),
        ("true positive rate (defaulters found)", 1),
    )
    axes.line([(0, 0), (1, 1)], "reference")
    for curves, style in ((champion, "champion"), (candidate, "candidate")):
        if curves:
            axes.line([(point["false_positive_rate"], point["true_positive_rate"]) for point in curves["roc"]], style)
    return _markup(axes.root)


def calibration_chart(candidate: Curves, champion: Curves | None) -> Markup:
    """Observed defaults over mean score by tenths of the rows; the band is the candidate's 95 % interval."""
    bins = candidate["calibration"]
    others = champion["calibration"] if champion else []
    top = _nice_ceiling(max([item["high"] for item in bins] + [item["mean_score"] for item in [*bins, *others]]))
    axes = _axes(
        "Calibration",
        "Observed share of defaults against the mean score, for tenths of the rows with the 95 % interval; on the"
        " diagonal scores are probabilities.",
        ("mean score", top),
        ("observed share of defaults", top),
    )
    axes.line([(0, 0), (top, top)], "reference")
    upper = [(item["mean_score"], min(item["high"], top)) for item in bins]
    lower = [(item["mean_score"], item["low"]) for item in reversed(bins)]
    axes.area([*upper, *lower], "band")
    if others:
        axes.line([(item["mean_score"], min(item["observed"], top)) for item in others], "champion")
    axes.line([(item["mean_score"], item["observed"]) for item in bins], "candidate")
    for item in bins:
        title = f"score {item['mean_score']:.3f}: {item['observed']:.3f} observed of {item['rows']} rows"
        axes.dot((item["mean_score"], item["observed"]), "candidate-dot", title)
    return _markup(axes.root)


def score_chart(candidate: Curves, threshold: float) -> Markup:
    """Where the scores of payers and of defaulters lie, and the decision threshold."""
    histogram = candidate["scores"]
    top = _nice_ceiling(max([*histogram["paid"], *histogram["defaulted"]]))
    axes = _axes(
        "Score distribution",
        f"Share of payers and of defaulters by score; from {threshold:.3f} on a score is a refusal.",
        ("score", 1),
        ("share of the class", top),
    )
    for shares, style in ((histogram["paid"], "paid"), (histogram["defaulted"], "defaulted")):
        outline: list[Point] = [(0, 0)]
        for (low, high), share in zip(pairwise(histogram["edges"]), shares, strict=True):
            outline += [(low, share), (high, share)]
        axes.area([*outline, (1, 0)], style)
    axes.line([(threshold, 0), (threshold, top)], "threshold")
    return _markup(axes.root)


def interval_bar(gain: float, low: float, high: float, margin: float, reach: float) -> Markup:
    """A gain with its interval on a strip from ``-reach`` to ``reach``, for a cell of a table."""
    width, height = 150, 22

    def x_of(value: float) -> float:
        return round((min(max(value, -reach), reach) + reach) / (2 * reach) * (width - 8) + 4, 1)

    label = f"gain {gain:+.4f}, from {low:+.4f} to {high:+.4f}"
    root = _svg(width, height, label, None)
    root.set("class", "interval")
    _element(root, "line", x1=x_of(0), x2=x_of(0), y1=1, y2=height - 1, **{"class": "zero"})
    _element(root, "line", x1=x_of(-margin), x2=x_of(-margin), y1=1, y2=height - 1, **{"class": "margin"})
    _element(root, "line", x1=x_of(low), x2=x_of(high), y1=height / 2, y2=height / 2, **{"class": "whisker"})
    _element(root, "circle", cx=x_of(gain), cy=height / 2, r=4, **{"class": "candidate-dot"})
    return _markup(root)


def value_bar(value: float, reach: float, marks: Sequence[float], label: str) -> Markup:
    """A value on a strip from 0 to ``reach`` with marks on it, for a cell of a table."""
    width, height = 150, 16
    root = _svg(width, height, label, None)
    root.set("class", "strip")
    length = min(value / reach, 1) * width
    _element(root, "rect", x=0, y=3, width=round(max(length, 1), 1), height=height - 6, **{"class": "bar"})
    for mark in marks:
        if mark < reach:
            x = round(mark / reach * width, 1)
            _element(root, "line", x1=x, x2=x, y1=0, y2=height, **{"class": "margin"})
    return _markup(root)


def _axes(title: str, description: str, x: tuple[str, float], y: tuple[str, float]) -> _Axes:
    root = _svg(_WIDTH, _HEIGHT, title, description)
    axes = _Axes(root, x[1], y[1])
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for value in _ticks(x[1]):
        at = axes.place((value, 0))[0]
        _element(root, "line", x1=at, x2=at, y1=_TOP, y2=bottom, **{"class": "grid-line"})
        _text(root, at, bottom + 16, f"{value:g}", "middle")
    for value in _ticks(y[1]):
        at = axes.place((0, value))[1]
        _element(root, "line", x1=_LEFT, x2=right, y1=at, y2=at, **{"class": "grid-line"})
        _text(root, _LEFT - 7, at + 4, f"{value:g}", "end")
    _text(root, (_LEFT + right) / 2, _HEIGHT - 6, x[0], "middle", "axis-label")
    turned = _text(root, 0, 0, y[0], "middle", "axis-label")
    turned.set("transform", f"translate(12 {(_TOP + bottom) / 2}) rotate(-90)")
    return axes


def _svg(width: int, height: int, title: str, description: str | None) -> ElementTree.Element:
    root = ElementTree.Element("svg", {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": title})
    _element(root, "title").text = title
    if description:
        _element(root, "desc").text = description
    return root


def _text(
    parent: ElementTree.Element, x: float, y: float, text: str, anchor: str, style: str = "tick"
) -> ElementTree.Element:
    element = _element(parent, "text", x=x, y=y, **{"text-anchor": anchor, "class": style})
    element.text = text
    return element


def _element(parent: ElementTree.Element, tag: str, **attributes: Any) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})


def _markup(root: ElementTree.Element) -> Markup:
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  # made by an XML library, which escapes


def _ticks(reach: float) -> list[float]:
    step = _step(reach)
    return [round(index * step, 6) for index in range(int(reach / step + 1e-9) + 1)]


def _nice_ceiling(value: float) -> float:
    """The next multiple of a round step that is not below the value, at most 1."""
    step = _step(value)
    return round(min(max(math.ceil(value / step - 1e-9), 1) * step, 1.0), 6)


def _step(reach: float) -> float:
    """The smallest round step that makes at most six of ``reach``."""
    return next((step for step in (0.01, 0.02, 0.05, 0.1) if reach / step <= 6), 0.2)
