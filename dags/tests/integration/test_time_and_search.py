"""A run for a past date, variants and a search, against a real MLflow server and without Airflow."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun

from retraining import pipeline
from retraining import search as searching
from retraining.errors import ConfigurationError
from retraining.manifest import Manifest
from retraining.package import check_package
from retraining.run import Run
from retraining.schema import APPLIED_AT, LABEL_OBSERVED_AT, TARGET
from retraining.settings import EXPERIMENT, Settings
from retraining.synthetic import Timeline, generate_over_time
from retraining.validation import DataValidationError
from retraining.variants import candidate_names
from retraining.workspace import Workspace

pytestmark = pytest.mark.integration

Start = Callable[..., Run]


@pytest.fixture
def client(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    return MlflowClient()


@pytest.fixture
def settings(client: MlflowClient, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    environment = {
        "MLFLOW_TRACKING_URI": "set by the fixture client",
        "RETRAINING_WORKSPACE_URI": tmp_path.as_uri(),
        "MODEL_NAME": re.sub(r"\W+", "-", request.node.name)[:100].strip("-"),
    }
    return Settings.from_environment(environment)


@pytest.fixture
def start(settings: Settings) -> Start:
    """Runs the tasks from ``ingest`` to ``plan_search`` and returns the run."""

    def begin(dag_run_id: str, run_type: str = "manual", **params: Any) -> Run:
        defaults = {"dataset_uri": "synthetic:?rows=2000&seed=5", "seed": 7, "candidates": ["gradient_boosting"]}
        document = {
            "dag_id": "credit_scoring_retraining",
            "dag_run_id": f"{settings.model_name}/{dag_run_id}",
            "bundle_version": None,
            "run_type": run_type,
            "interval_end": "2025-09-01 00:00:00+00:00",
            "params": {"auto_promote": True} | defaults | params,
        }
        run = Run.from_json(json.dumps(document))
        pipeline.ingest(run, settings)
        pipeline.validate(run, settings)
        pipeline.plan_search(run, settings)
        return run

    return begin


def manifest_of(settings: Settings, run: Run, name: str = "gradient_boosting") -> Manifest:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Workspace(settings.workspace_uri, run.dag_run_id).read_folder(f"{name}/package.tar", Path(scratch))
        return check_package(folder).manifest


def runs_of(client: MlflowClient, run: Run) -> dict[str, MlflowRun]:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs([experiment.experiment_id], f"tags.dag_run_id = '{run.dag_run_id}'")
    by_candidate = {item.data.tags["candidate"]: item for item in found}
    assert len(by_candidate) == len(found), "a task that ran twice made a second run"
    return by_candidate


def test_a_past_date_gives_the_model_of_that_date(
    settings: Settings, start: Start, client: MlflowClient, tmp_path: Path
) -> None:
    """As of D on today's table, in a backfill of D, and on the table as it was at D: the same bytes."""
    as_of = pd.Timestamp("2025-09-01", tz="UTC")
    today = generate_over_time(4_000, 5, Timeline(date(2025, 1, 1), months=12))
    then = today[today[APPLIED_AT] <= as_of].copy()
    unknown = then[LABEL_OBSERVED_AT] > as_of
    then[TARGET] = then[TARGET].astype("Int64").mask(unknown)
    then[LABEL_OBSERVED_AT] = then[LABEL_OBSERVED_AT].mask(unknown)
    today.to_csv(tmp_path / "today.csv", index=False)
    then.to_csv(tmp_path / "then.csv", index=False)
    runs = {
        "as of": start("as-of", dataset_uri=str(tmp_path / "today.csv"), as_of="2025-09-01"),
        "backfill": start("backfill", "backfill", dataset_uri=str(tmp_path / "today.csv")),
        "then": start("then", dataset_uri=str(tmp_path / "then.csv")),
        "today": start("today", dataset_uri=str(tmp_path / "today.csv")),
    }
    made = {}
    for name, run in runs.items():
        pipeline.train(run, settings, "gradient_boosting")
        pipeline.export(run, settings, "gradient_boosting")
        made[name] = manifest_of(settings, run)
    digests = {
        name: next(file["sha256"] for file in manifest["files"] if file["path"] == "model.onnx")
        for name, manifest in made.items()
    }
    assert digests["as of"] == digests["backfill"] == digests["then"] != digests["today"]
    lineage = made["as of"]["lineage"]["data"]
    assert lineage["sha256"] == made["then"]["lineage"]["data"]["sha256"]
    assert lineage["rows"] == int((today[LABEL_OBSERVED_AT] <= as_of).sum())
    last = today[APPLIED_AT][today[LABEL_OBSERVED_AT] <= as_of].max()
    assert lineage["window"] == {"start": today[APPLIED_AT].min().isoformat(), "end": last.isoformat()}
    assert runs_of(client, runs["as of"])["pipeline"].data.tags["as_of"] == "2025-09-01T00:00:00+00:00"


def test_a_date_that_cannot_be_followed_is_refused(settings: Settings, start: Start) -> None:
    with pytest.raises(ConfigurationError, match="not known yet"):
        start("future", as_of="2999-01-01")
    with pytest.raises(DataValidationError, match="column is present where as_of is given"):
        start("no-time", as_of="2025-09-01")


def test_variants_are_trained_packed_and_compared_beside_their_parents(
    settings: Settings, start: Start, client: MlflowClient
) -> None:
    candidates = ["gradient_boosting", "neural_network"]
    run = start("variants", candidates=candidates, variants=["pruned", "int8"])
    for candidate in candidates:
        for _ in range(2):
            pipeline.train(run, settings, candidate)
        pipeline.export(run, settings, candidate)
        pipeline.validate_conversion(run, settings, candidate)
    workspace = Workspace(settings.workspace_uri, run.dag_run_id)
    names = [entry.name for entry in candidate_names(workspace, run)]
    assert len(names) == 5
    tracked = runs_of(client, run)
    assert tracked.keys() == {"pipeline", *names}
    for name in names:
        assert manifest_of(settings, run, name)["metrics"]["holdout_auc"] > 0.7
        assert tracked[name].data.metrics["holdout_auc"] > 0.7
        conversion = workspace.read_json(f"{name}/conversion.json")
        if name == "neural_network-int8":
            assert conversion["compared_with"] == "neural_network"
            assert 1e-5 < conversion["mean_difference"] < min(0.03, conversion["largest_difference"])
        else:
            assert conversion["largest_difference"] < 1e-5
    lineage = {"as_of": workspace.read_json("source.json")["as_of"], "variant_of": "neural_network", "variant": "int8"}
    assert workspace.read_json("neural_network-int8/trained.json")["lineage"] == lineage
    assert lineage.items() <= tracked["neural_network-int8"].data.tags.items()
    sizes = {name: workspace.read_json(f"{name}/exported.json")["bytes"] for name in names}
    assert sizes["gradient_boosting-pruned"] < 0.8 * sizes["gradient_boosting"]


def test_a_search_is_resumed_logged_and_what_it_finds_is_trained(
    settings: Settings, start: Start, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start("search", search_trials=3)
    for number in (0, 2, 1):
        assert pipeline.search(run, settings, "gradient_boosting", number) is not None
    with monkeypatch.context() as patch:
        patch.setattr(searching, "cross_validated", None)  # a trial that has finished is not repeated
        again = pipeline.search(run, settings, "gradient_boosting", 2)
    workspace = Workspace(settings.workspace_uri, run.dag_run_id)
    trials = searching.read_trials(workspace, "gradient_boosting")
    assert [trial.number for trial in trials] == [0, 1, 2]
    assert again is not None
    assert again["auc"] == trials[2].auc

    pipeline.train(run, settings, "gradient_boosting")
    best = max(trials, key=lambda trial: trial.auc)
    tracked = runs_of(client, run)
    assert tracked["gradient_boosting"].data.tags["search_best_trial"] == str(best.number)
    assert tracked["gradient_boosting"].data.params["max_iter"] == str(best.choices["max_iter"])
    for trial in trials:
        nested = tracked[trial.name].data
        assert nested.metrics["cv_auc"] == pytest.approx(trial.auc)
        assert nested.metrics["seconds"] > 0
        assert nested.params["learning_rate"] == str(trial.choices["learning_rate"])
        assert nested.tags["mlflow.parentRunId"] == tracked["pipeline"].info.run_id


def test_when_the_time_is_over_the_best_so_far_is_trained(
    settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start("over", search_trials=2)
    pipeline.search(run, settings, "gradient_boosting", 0)
    workspace = Workspace(settings.workspace_uri, run.dag_run_id)
    workspace.write_json(searching.PLAN, workspace.read_json(searching.PLAN) | {"started_at": 0})
    assert pipeline.search(run, settings, "gradient_boosting", 1) is None
    assert pipeline.search(run, settings, "gradient_boosting", 0) is not None, "what has finished stays"
    trained = pipeline.train(run, settings, "gradient_boosting")
    assert trained["lineage"]["search_trials"] == "1"
