"""The monitoring tasks against a real MLflow server, without Airflow, on files as serving writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from retraining.credit_package import write_credit_package
from retraining.manifest import Lineage
from retraining.monitoring import tasks
from retraining.monitoring.configuration import CONFIGURATION_PATH
from retraining.monitoring.evaluation_history import REQUESTED_TAG
from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.monitoring_workspace import run_workspace
from retraining.registry import CHAMPION, Registry
from retraining.schema import FEATURE_NAMES, TARGET
from retraining.settings import MONITORING_EXPERIMENT, Settings
from retraining.synthetic import generate
from tests.support.feedback import outcome, prediction, stamp, write_feedback

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
"""Tomorrow: a champion is registered when a test runs, and traffic comes after it."""
LINEAGE: Lineage = {
    "git_commit": None,
    "dag_id": None,
    "dag_run_id": None,
    "seed": 7,
    "created_at": (START - 30 * DAY).isoformat(),
    "environment_lock_sha256": None,
    "data": {
        "uri": "synthetic:",
        "sha256": "0" * 64,
        "rows": 4000,
        "synthetic": True,
        "window": {"start": None, "end": None},
    },
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A champion's package, fitted on synthetic clients."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = generate(4000, seed=3)
    model = HistGradientBoostingClassifier(max_iter=30, random_state=7)
    model.fit(rows[FEATURE_NAMES].to_numpy(np.float32), rows[TARGET].to_numpy())

    def write(name: str) -> Any:
        return write_credit_package(
            tmp_path_factory.mktemp("package") / "package",
            model=model,
            model_name=name,
            threshold=0.3,
            training=rows,
            lineage=LINEAGE,
            metrics={"holdout_auc": 0.77},
        )

    return model, write


@pytest.fixture
def client(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    return MlflowClient()


@pytest.fixture
def settings(client: MlflowClient, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Each test has a model, a feedback folder and thresholds of its own; a young champion may be replaced."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[:100].strip("-")
    text = CONFIGURATION_PATH.read_text(encoding="utf-8")
    configuration = tmp_path / "monitoring.yaml"
    text = text.replace("min_champion_age_hours: 72", "min_champion_age_hours: 0")
    configuration.write_text(text.replace("cooldown_hours: 168", "cooldown_hours: 60"), encoding="utf-8")
    return Settings(
        *(name, (tmp_path / "workspace").as_uri(), (), "", 10),
        feedback_uri=(tmp_path / "feedback").as_uri(),
        monitoring_configuration=str(configuration),
    )


@pytest.fixture
def champion(settings: Settings, client: MlflowClient, package: Any) -> Any:
    """Registers the package as the champion and returns its model."""
    model, write = package
    registry = Registry(settings.model_name, client)
    run = client.create_run("0")
    version = registry.register(
        write(settings.model_name), run_id=run.info.run_id, tags={"synthetic": "true", "holdout_auc": "0.77"}
    )
    registry.point(CHAMPION, version)
    return model


@pytest.fixture
def serve(settings: Settings, champion: Any, tmp_path: Path) -> Callable[..., None]:
    """Days of traffic, scored by the champion and logged; outcomes arrive a day later."""

    def days(count: int, *, rows: int = 700, older: int = 0, wrong: bool = False) -> None:
        predictions: list[dict[str, Any]] = []
        outcomes: list[dict[str, Any]] = []
        for day in range(count):
            table = generate(rows, seed=100 + day)
            table["AGE"] = (table["AGE"] + older).clip(upper=100)
            scores = champion.predict_proba(table[FEATURE_NAMES].to_numpy(np.float32))[:, 1]
            labels = np.random.default_rng(day).permutation(table[TARGET]) if wrong else table[TARGET].to_numpy()
            for index, features in enumerate(table[FEATURE_NAMES].to_dict("records")):
                at = START + day * DAY + DAY * index / rows
                name, score = f"{day}-{index}", float(scores[index])
                said = {"score": score, "label": int(score >= 0.3)}
                common = {"model": settings.model_name, "version": "1", "at": stamp(at)}
                predictions.append(prediction(name, **common, features=features, outputs=said))
                late = stamp(at + DAY)
                outcomes.append(outcome(name, int(labels[index])) | {"observed_at": late, "received_at": late})
        write_feedback(tmp_path / "feedback", predictions, outcomes)

    return days


def quality_run(day: float) -> MonitoringRun:
    return MonitoringRun("model_quality_monitoring", f"hour-{day}", None, START + day * DAY)


def drift_run(day: float) -> MonitoringRun:
    return MonitoringRun("drift_detection", f"day-{day}", None, START + day * DAY)


def detect(run: MonitoringRun, settings: Settings, running: str = "0") -> dict[str, Any]:
    """All of the DAG's tasks but Airflow's own."""
    assert tasks.join_outcomes(run, settings)
    assert tasks.measure_drift(run, settings)
    tasks.decide_retraining(run, settings, running)
    return tasks.report_drift(run, settings)


def mlflow_run(client: MlflowClient, run: MonitoringRun, settings: Settings) -> Any:
    experiment = client.get_experiment_by_name(MONITORING_EXPERIMENT)
    conditions = f"tags.dag_run_id = '{run.dag_run_id}' and tags.monitored_model = '{settings.model_name}'"
    [found] = client.search_runs([experiment.experiment_id], conditions)
    return found


def test_quality_is_measured_estimated_and_published(
    client: MlflowClient, settings: Settings, serve: Callable[..., None], tmp_path: Path
) -> None:
    serve(3)
    run = quality_run(2.5)
    window = tasks.join_outcomes(run, settings)
    assert window is not None
    assert window["counts"]["predictions_from_the_future"] > 0, "what comes after as_of has not happened yet"
    measured = tasks.measure_quality(run, settings)["versions"]["1"]
    assert measured["auc"] > 0.7
    assert measured["labelled"] == pytest.approx(1050, abs=5)
    assert tasks.estimate_quality(run, settings)["estimated_days"] == 2
    tasks.publish_quality(run, settings)
    found = mlflow_run(client, run, settings)
    assert found.info.status == "FINISHED"
    assert found.data.metrics["v1/auc"] == measured["auc"]
    files = {item.path for item in client.list_artifacts(found.info.run_id)}
    assert files == {"window.json", "quality.json", "estimates.json", "plots"}
    assert len(client.list_artifacts(found.info.run_id, "plots")) == 2

    later = quality_run(3.9)
    assert tasks.join_outcomes(later, settings)
    tasks.measure_quality(later, settings)
    estimated = tasks.estimate_quality(later, settings)
    assert (estimated["estimated_days"], estimated["compared_days"]) == (1, 3)
    assert estimated["mean_absolute_errors"]["1"]["auc"] < 0.1
    tasks.publish_quality(later, settings)
    tasks.publish_quality(later, settings)
    assert "v1/estimate_error_auc" in mlflow_run(client, later, settings).data.metrics


def test_sustained_drift_asks_for_a_retraining_once(
    client: MlflowClient, settings: Settings, serve: Callable[..., None], tmp_path: Path
) -> None:
    serve(6, older=25)
    first, second, third, fourth = (detect(drift_run(day), settings) for day in (2, 3, 4, 5))
    assert [item["request"] for item in (first, second, third, fourth)] == [False, False, True, False]
    assert (third["cause"], third["version"]) == ("drift", "1")
    assert "cooldown" in mlflow_run(client, drift_run(5), settings).data.tags["retraining_decision"]
    found = mlflow_run(client, drift_run(4), settings)
    assert found.data.tags["drifted"] == "true"
    assert REQUESTED_TAG in found.data.tags
    assert third["report_url"].endswith(f"/runs/{found.info.run_id}/artifacts/drift/report.html")
    page = Path(client.download_artifacts(found.info.run_id, "drift/report.html", str(tmp_path)))
    assert "AGE" in page.read_text(encoding="utf-8")
    again = detect(drift_run(4), settings)
    assert again["request"] is True, "a run that is cleared comes to the same answer, and is no cooldown to itself"
    assert detect(drift_run(5.9), settings, running="0")["request"] is False


def test_a_retraining_that_runs_is_waited_for(settings: Settings, serve: Callable[..., None]) -> None:
    serve(4, older=25)
    assert not any(detect(drift_run(day), settings)["request"] for day in (2, 3))
    assert detect(drift_run(4), settings, running="1")["request"] is False


def test_lost_quality_is_the_cause_that_is_named(settings: Settings, serve: Callable[..., None]) -> None:
    serve(5, wrong=True)
    found = [detect(drift_run(day), settings) for day in (3, 4, 5)]
    assert [item["cause"] for item in found] == [None, None, "quality_loss"]
    assert found[-1]["request"] is True


def test_calm_traffic_asks_for_nothing(client: MlflowClient, settings: Settings, serve: Callable[..., None]) -> None:
    serve(4)
    assert not any(detect(drift_run(day), settings)["request"] for day in (2, 3, 4))
    tags = mlflow_run(client, drift_run(4), settings).data.tags
    assert (tags["drifted"], tags["quality_lost"]) == ("false", "false")


def test_freshness_is_the_champion_s(settings: Settings, champion: Any) -> None:
    fresh = tasks.check_freshness(quality_run(0), settings)
    stale = tasks.check_freshness(quality_run(31), settings)
    assert fresh is not None
    assert stale is not None
    assert (fresh["stale"], stale["stale"]) == (False, True)
    assert (fresh["source"], fresh["age_seconds"]) == ("creation", 30 * 86_400)


def test_without_feedback_or_champion_tasks_are_skipped_and_say_why(
    settings: Settings, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level("INFO", logger="retraining"):
        assert tasks.join_outcomes(quality_run(1), settings) is None
        assert "no prediction of" in caplog.text
        assert tasks.check_freshness(quality_run(1), settings) is None
        assert "has no champion yet" in caplog.text
        lines = [prediction(str(index), model=settings.model_name) for index in range(3)]
        write_feedback(tmp_path / "feedback", lines, [])
        assert tasks.join_outcomes(drift_run(1), settings)
        assert tasks.measure_drift(drift_run(1), settings) is None
        assert "there is no reference to have drifted from" in caplog.text


def test_runs_of_two_dags_do_not_share_files(settings: Settings) -> None:
    one = MonitoringRun("model_quality_monitoring", "scheduled__2026-11-21T00:00:00+00:00", None)
    other = MonitoringRun("drift_detection", "scheduled__2026-11-21T00:00:00+00:00", None)
    assert run_workspace(one, settings).path != run_workspace(other, settings).path
