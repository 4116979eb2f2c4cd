"""The names that are pushed are those that the README promises."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from retraining.monitoring import quality_metrics
from retraining.monitoring.drift import ColumnDrift
from retraining.monitoring.estimate import METRICS as ESTIMATED
from retraining.monitoring.estimate import Estimate
from retraining.monitoring.freshness import Freshness
from retraining.monitoring.pushed_metrics import Sample
from retraining.monitoring.quality import METRICS, Interval, Quality

README = Path(quality_metrics.__file__).with_name("README.md")
AT = datetime(2026, 11, 21, tzinfo=UTC)
ONE = Interval(0.5, 0.4, 0.6)


def every_sample() -> list[Sample]:
    quality = [Quality("7", name, 900, 900, 1.0, dict.fromkeys(METRICS, ONE)) for name in ("all", "sex_male")]
    estimate = Estimate("7", "2026-11-20", 900, "identity", dict.fromkeys(ESTIMATED, ONE))
    drift = ColumnDrift("AGE", "feature", 900, 0.4, 0.3, 0.05, True, (), (), ())
    freshness = Freshness(AT, "creation", timedelta(days=1), timedelta(days=60))
    return [
        *quality_metrics.quality_samples(quality, AT),
        *quality_metrics.estimate_samples([estimate], {"7": {"auc": 0.01}}),
        *quality_metrics.drift_samples([drift], "7", AT),
        *quality_metrics.holdout_samples(0.8, "7", 0.03),
        *quality_metrics.freshness_samples(freshness, "7"),
    ]


def promised() -> dict[str, set[str]]:
    """Name -> labels, from the table, its braces expanded."""
    found: dict[str, set[str]] = {}
    for line in README.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 2 or not (names := re.findall(r"`((?:model|airflow)_[a-z_{},]+)`", cells[0])):
            continue
        labels = set(re.findall(r"`(version|slice|metric|kind|column|source|dag_id)`", cells[1]))
        for name in names:
            head, _, choices = name.rstrip("}").partition("{")
            found |= {head + choice: labels for choice in choices.split(",")}
    return found


def test_every_metric_is_promised_with_its_labels() -> None:
    known = promised()
    for sample in every_sample():
        bound = re.fullmatch(r"(model_quality_\w+)_(lower|upper)", sample.name)
        if bound:
            assert bound[1] in known
            assert set(sample.labels) == {"version"}
        else:
            assert set(sample.labels) == known[sample.name], sample.name


def test_every_promise_is_kept() -> None:
    names = {sample.name for sample in every_sample()}
    assert promised().keys() - names == {"airflow_dag_run_deadline_missed_timestamp_seconds"}


def test_only_the_last_day_of_a_version_is_shown() -> None:
    days = [
        Estimate("7", f"2026-11-{day}", 900, "identity", {"auc": Interval(day / 100, 0, 1)}) for day in (19, 21, 20)
    ]
    assert [sample.value for sample in quality_metrics.estimate_samples(days, {})] == [0.21]


def test_a_champion_without_a_holdout_auc_has_no_sample_of_one() -> None:
    names = [sample.name for sample in quality_metrics.holdout_samples(None, "7", 0.03)]
    assert names == ["model_quality_auc_loss_limit"]
