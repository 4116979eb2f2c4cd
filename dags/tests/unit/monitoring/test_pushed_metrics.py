"""Pushing to a real Pushgateway."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from retraining.errors import ConfigurationError, MetricsRefusedError
from retraining.monitoring.pushed_metrics import Sample, push
from retraining.monitoring.quality import Interval, Quality
from retraining.monitoring.quality_metrics import quality_samples
from tests.support.mlflow_server import free_port
from tests.support.pushgateway import running_pushgateway, series_of


@pytest.fixture(scope="module")
def pushgateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_pushgateway(tmp_path_factory.mktemp("pushgateway")) as address:
        yield address


def gauge(value: float, version: str) -> Sample:
    return Sample("model_quality_auc", "Help.", value, {"version": version, "slice": "all"})


def series(address: str, model: str) -> dict[str, float]:
    return {name: value for name, value in series_of(address).items() if f'model="{model}"' in name}


def test_series_of_versions_that_are_gone_go(pushgateway: str) -> None:
    only_then = Sample("model_quality_ks", "Help.", 0.4, {"version": "6", "slice": "all"})
    assert push(pushgateway, job="model_quality", model="gone", samples=[gauge(0.7, "6"), gauge(0.8, "7"), only_then])
    assert sorted(series(pushgateway, "gone").values()) == [0.4, 0.7, 0.8]
    push(pushgateway, job="model_quality", model="gone", samples=[gauge(0.75, "7")])
    [name] = series(pushgateway, "gone")
    assert 'version="7"' in name
    assert 'job="model_quality"' in name


def test_another_model_and_another_job_are_left_alone(pushgateway: str) -> None:
    push(pushgateway, job="model_quality", model="one", samples=[gauge(0.7, "1")])
    push(pushgateway, job="model_quality", model="two", samples=[gauge(0.8, "1")])
    push(pushgateway, job="model_drift", model="one", samples=[Sample("model_drift_psi", "Help.", 0.1, {})])
    assert sorted(series(pushgateway, "one").values()) == [0.1, 0.7]


def test_what_could_not_be_measured_has_no_series(pushgateway: str) -> None:
    quality = Quality("7", "all", 300, 10, 0.03, {"auc": None, "default_rate": Interval(0.2, 0.1, 0.3)})
    push(pushgateway, job="q", model="partly", samples=quality_samples([quality], datetime(2026, 1, 1, tzinfo=UTC)))
    names = {name.partition("{")[0] for name in series(pushgateway, "partly")}
    assert names == {
        "model_quality_evaluated_timestamp_seconds",
        "model_quality_rows",
        "model_quality_labelled_rows",
        "model_quality_label_coverage_ratio",
        "model_quality_default_rate",
        "model_quality_default_rate_lower",
        "model_quality_default_rate_upper",
    }


def test_without_a_pushgateway_nothing_is_pushed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="retraining"):
        assert push("", job="q", model="m", samples=[]) is False
    assert "PUSHGATEWAY_URL is not set" in caplog.text


def test_one_that_does_not_answer_costs_a_warning_and_no_run(caplog: pytest.LogCaptureFixture) -> None:
    assert push(f"http://127.0.0.1:{free_port()}", job="q", model="m", samples=[gauge(1, "1")]) is False
    [warning] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.getMessage() == "1 metrics of job q are not pushed: URLError"


def test_one_that_refuses_may_be_tried_again(pushgateway: str) -> None:
    with pytest.raises(MetricsRefusedError, match="answers 404") as caught:
        push(f"{pushgateway}/elsewhere", job="q", model="m", samples=[gauge(1, "1")])
    assert caught.value.transient
    with pytest.raises(ConfigurationError, match="PUSHGATEWAY_URL"):
        push("localhost:9091", job="q", model="m", samples=[])
