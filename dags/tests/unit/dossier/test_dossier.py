"""The dossier: what it says, and that its page needs nothing but itself."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from retraining.dossier import (
    Dossier,
    describe_version,
    dossier_of,
    render_json,
    render_page,
    write_summary,
)
from retraining.dossier.content import cause_of
from retraining.evidence import evidence_of
from retraining.gates import GateResult, judge, load_configuration
from retraining.manifest import Lineage
from tests.support.evidence import CANDIDATE, evaluation

CONFIGURATION = load_configuration()
LINEAGE: Lineage = {
    "git_commit": "c0ffee" * 6,
    "dag_id": "credit_scoring_retraining",
    "dag_run_id": "scheduled__2026-01-31",
    "seed": 7,
    "created_at": "2026-01-31T00:00:00+00:00",
    "environment_lock_sha256": "1" * 64,
    "data": {
        "uri": "s3://bank/clients.parquet",
        "sha256": "2" * 64,
        "rows": 30_000,
        "synthetic": False,
        "window": {"start": None, "end": None},
    },
}
VOID = {"meta", "br", "link", "img"}


class Page(HTMLParser):
    """Checks that tags nest, and collects the text and every attribute that could fetch something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What opens."""
        assert tag not in ("script", "link", "iframe", "object")
        self.fetched += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "xlink:href")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG without content."""

    def handle_endtag(self, tag: str) -> None:
        """What closes."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """What is read."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, one space between them."""
        return re.sub(r"\s+", " ", " ".join(self.words))


def dossier(selected: str | None = CANDIDATE, **changes: Any) -> Dossier:
    document = evaluation(**changes)
    verdicts = {CANDIDATE: judge(evidence_of(document, CANDIDATE), CONFIGURATION)}
    return dossier_of(CANDIDATE, document, verdicts, selected, CONFIGURATION, LINEAGE, {})


@pytest.mark.parametrize("with_champion", [True, False])
def test_the_page_is_well_formed_and_fetches_nothing(with_champion: bool) -> None:
    html = render_page(dossier(with_champion=with_champion))
    page = Page(html)
    assert page.fetched == []
    assert "@import" not in html
    assert "url(" not in html
    assert not re.findall(r"https?://(?!www\.w3\.org/)", html)


def test_the_page_shows_every_verdict_before_any_chart() -> None:
    seen = dossier()
    html = render_page(seen)
    text = Page(html).text
    assert len(seen["gates"]) == 13
    for gate in seen["gates"]:
        assert gate["reason"] in text
        assert html.index(gate["name"].replace("_", " ") + "</td>") < html.index("<figure>")


def test_every_chart_has_a_title_and_named_axes() -> None:
    html = render_page(dossier())
    charts = re.findall(r"<figure>.*?</figure>", html, re.DOTALL)
    assert len(charts) == 3
    for chart in charts:
        assert re.search(r'role="img" aria-label="[^"]+"', chart)
        assert "<title>" in chart
        assert "<desc>" in chart
        assert chart.count('class="axis-label"') == 2


def test_synthetic_data_is_said_first() -> None:
    assert "Synthetic data" not in Page(render_page(dossier())).text
    html = render_page(dossier(data={"synthetic": True}))
    assert html.index("Synthetic data") < html.index("<h1>")


@pytest.mark.parametrize(
    ("changes", "selected", "outcome", "words"),
    [
        ({}, CANDIDATE, "selected", "may become champion"),
        ({}, "neural_network", "accepted", "neural_network is better"),
        ({"candidate": {"stability": {"psi": 0.3}}}, CANDIDATE, "needs_approval", "a person has to agree"),
        ({"candidate": {"metrics": {"auc": 0.5}}}, None, "rejected", "1 of 13 gates failed: discrimination"),
    ],
)
def test_the_outcome_is_one_look(changes: dict[str, Any], selected: str | None, outcome: str, words: str) -> None:
    seen = dossier(selected, **changes)
    assert seen["outcome"] == outcome
    assert words in seen["sentence"]
    assert f'class="verdict {outcome}"' in render_page(seen)


def test_names_from_outside_are_escaped() -> None:
    html = render_page(dossier(data={"feature_auc": {"<b>AGE</b>": 0.6}, "feature_drift": {'"><i>': 0.1}}))
    assert "<b>AGE" not in html
    assert "&lt;b&gt;AGE" in html
    assert '"><i>' not in html


def test_the_json_is_the_page_and_holds_no_nan() -> None:
    seen = dossier(candidate={"metrics": {"ece": float("nan")}})
    document = json.loads(render_json(seen))
    assert document["metrics"][5]["candidate"] is None
    assert document["lineage"] == LINEAGE
    assert [gate["name"] for gate in document["gates"]] == [gate["name"] for gate in seen["gates"]]
    render_page(seen)


def test_a_metric_that_falls_can_be_better() -> None:
    rows = {row["key"]: row for row in dossier(champion={"metrics": {"brier": 0.2, "ks": 0.43}})["metrics"]}
    assert (rows["brier"]["better"], rows["ks"]["better"], rows["auc"]["better"]) == (True, None, True)


def test_a_variant_stands_beside_what_it_was_made_of() -> None:
    document = evaluation()
    parent = document["candidates"][CANDIDATE]
    fidelity = {"parent": CANDIDATE, "mean_shift": 0.004, "largest_shift": 0.1}
    smaller: Any = parent | {
        "variant": {"of": CANDIDATE, "kind": "int8"},
        "package_bytes": 250_000,
        "fidelity": fidelity,
        "metrics": parent["metrics"] | {"auc": 0.775},
    }
    document["candidates"]["small"] = smaller
    verdicts = {name: judge(evidence_of(document, name), CONFIGURATION) for name in document["candidates"]}
    seen = dossier_of("small", document, verdicts, CANDIDATE, CONFIGURATION, LINEAGE, {})
    original, variant = seen["family"]
    assert (original["auc_gain"], original["bytes_change"]) == (None, None)
    assert variant["auc_gain"] == pytest.approx(-0.005)
    assert (variant["bytes_change"], variant["p50_change"], variant["mean_shift"]) == (-0.5, 0, 0.004)
    assert "int8 variant of gradient_boosting" in Page(render_page(seen)).text


def test_the_cause_is_the_event_that_asked_else_the_kind_of_the_run() -> None:
    assert cause_of("scheduled__2026-01-31", {}) == "the schedule"
    assert cause_of("something else", {}) == cause_of(None, {}) == "not known"
    event = {"cause": "drift", "reason": "PAY_0 moved", "report_url": "javascript:alert(1)"}
    assert cause_of("asset_triggered__2026", event) == "drift: PAY_0 moved"
    document = evaluation()
    verdicts = {CANDIDATE: judge(evidence_of(document, CANDIDATE), CONFIGURATION)}
    page = Page(render_page(dossier_of(CANDIDATE, document, verdicts, CANDIDATE, CONFIGURATION, LINEAGE, event)))
    assert "drift: PAY_0 moved (report: javascript:alert(1) )" in page.text
    assert page.fetched == []


def test_the_summary_names_the_verdicts_and_the_way_to_the_dossier() -> None:
    results = {CANDIDATE: [GateResult("leakage", "needs_approval", {}, {}, "a | b")]}
    text = write_summary(LINEAGE, evaluation(), results, CANDIDATE, {CANDIDATE: "http://mlflow/#/x"})
    assert "**real**, 30,000 rows" in text
    assert "| leakage | NEEDS APPROVAL | a \\| b |" in text
    assert "http://mlflow/#/x" in text
    assert "AUC +0.0100 (p = 0.0004, 6,000 rows)" in describe_version(dossier(), "http://x")
    assert "[Promotion dossier](http://x)" in describe_version(dossier(with_champion=False), "http://x")
