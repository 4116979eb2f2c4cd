"""The pipeline against a real MLflow server, without Airflow, on a small synthetic table."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun

from retraining import pipeline
from retraining.errors import BlessingRefusedError, ConfigurationError, PromotionRefusedError
from retraining.package import check_package
from retraining.pipeline.step_context import workspace_of
from retraining.registry import CHALLENGER, CHAMPION, Registry
from retraining.run import Run
from retraining.settings import EXPERIMENT, Settings
from retraining.validation import DataValidationError
from tests.support.register import register_folder
from tests.support.small_models import write_columns_package

pytestmark = pytest.mark.integration

STUB = (sys.executable, "-m", "tests.support.serving_cli")
DAGS = Path(__file__).parents[2]


@pytest.fixture
def client(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    monkeypatch.setenv("PYTHONPATH", str(DAGS))  # for the stub, which is a process of its own
    return MlflowClient()


@pytest.fixture
def settings(client: MlflowClient, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Each test has a model of its own, so that none sees another's champion."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[:100].strip("-")
    return Settings(name, tmp_path.as_uri(), STUB, "", 10)


@pytest.fixture
def retrain(settings: Settings) -> Callable[..., Run]:
    """Runs the tasks from ``ingest`` to ``gates`` and returns the run."""

    def start(dag_run_id: str, **params: Any) -> Run:
        defaults = {"dataset_uri": "synthetic:?rows=4000&seed=5", "seed": 7, "candidates": ["gradient_boosting"]}
        document = {
            "dag_id": "credit_scoring_retraining",
            "dag_run_id": f"{settings.model_name}/{dag_run_id}",
            "bundle_version": "f" * 40,
            "params": {"auto_promote": True} | defaults | params,
        }
        run = Run.from_json(json.dumps(document))
        pipeline.ingest(run, settings)
        for candidate in pipeline.validate(run, settings)["candidates"]:
            pipeline.train(run, settings, candidate)
            pipeline.export(run, settings, candidate)
            pipeline.validate_conversion(run, settings, candidate)
        pipeline.evaluate(run, settings)
        pipeline.gates(run, settings)
        return run

    return start


def runs_of(client: MlflowClient, run: Run) -> dict[str, MlflowRun]:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs([experiment.experiment_id], f"tags.dag_run_id = '{run.dag_run_id}'")
    by_candidate = {item.data.tags["candidate"]: item for item in found}
    assert len(by_candidate) == len(found), "a task that ran twice made a second run"
    return by_candidate


def test_the_first_model_becomes_champion(
    client: MlflowClient, settings: Settings, retrain: Callable[..., Run], tmp_path: Path
) -> None:
    run = retrain("first", candidates=["gradient_boosting", "neural_network"])
    registered = pipeline.register(run, settings)
    assert registered is not None
    pipeline.bless(run, settings)
    assert pipeline.promote(run, settings) == {"version": "1", "previous": "none", "promotion": "direct"}

    registry = Registry(settings.model_name)
    champion = registry.by_alias(CHAMPION)
    assert champion is not None
    expected = {
        "candidate": registered["candidate"],
        "dag_id": "credit_scoring_retraining",
        "dag_run_id": run.dag_run_id,
        "git_commit": "f" * 40,
        "synthetic": "true",
        "compared_against": "none",
        "signature_version": "1.0",
        "gates": "passed",
        "blessing": "blessed",
    }
    assert expected.items() <= champion.tags.items()
    assert float(champion.tags["holdout_auc"]) > 0.7

    package = registry.download(champion, tmp_path / "download")
    assert check_package(package.directory, model_name=settings.model_name, digest=champion.digest)
    lineage = package.manifest["lineage"]
    assert lineage["data"]["synthetic"] is True
    assert lineage["data"]["sha256"] == champion.tags["data_sha256"]
    assert (lineage["git_commit"], lineage["dag_run_id"], lineage["seed"]) == ("f" * 40, run.dag_run_id, 7)

    runs = runs_of(client, run)
    parent = runs["pipeline"]
    assert parent.data.tags["synthetic"] == "true"
    dossier = Path(client.download_artifacts(parent.info.run_id, "dossier.md", str(tmp_path)))
    assert "**synthetic**" in dossier.read_text(encoding="utf-8")
    run_id = runs[registered["candidate"]].info.run_id
    assert champion.tags["dossier_url"].endswith(f"/runs/{run_id}/artifacts/dossier/dossier.html")
    described = client.get_model_version(settings.model_name, champion.version).description
    assert "trained on **synthetic** data" in described
    assert champion.tags["dossier_url"] in described
    for name in ("gradient_boosting", "neural_network"):
        nested = runs[name]
        page = Path(client.download_artifacts(nested.info.run_id, "dossier/dossier.html", str(tmp_path)))
        assert f"<h1>{name}</h1>" in page.read_text(encoding="utf-8")
        assert nested.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert nested.data.params["seed"] == "7"
        assert nested.data.metrics["holdout_auc"] > 0.7
        plots = {item.path for item in client.list_artifacts(nested.info.run_id, "plots")}
        assert plots == {"plots/roc.png", "plots/calibration.png", "plots/scores.png"}


def test_every_task_is_safe_to_run_twice(client: MlflowClient, settings: Settings, retrain: Callable[..., Run]) -> None:
    run = retrain("twice")
    retrain("twice")
    first, second = pipeline.register(run, settings), pipeline.register(run, settings)
    assert first == second
    assert len(client.search_model_versions(f"name = '{settings.model_name}'")) == 1
    for _ in range(2):
        pipeline.bless(run, settings)
        pipeline.promote(run, settings)
    champion = Registry(settings.model_name).by_alias(CHAMPION)
    assert champion is not None
    assert champion.version == "1"
    assert runs_of(client, run).keys() == {"pipeline", "gradient_boosting"}


def test_a_candidate_no_better_than_the_champion_is_rejected_and_says_why(
    client: MlflowClient, settings: Settings, retrain: Callable[..., Run]
) -> None:
    first = retrain("first")
    pipeline.register(first, settings)
    pipeline.bless(first, settings)
    pipeline.promote(first, settings)

    second = retrain("second")
    assert pipeline.register(second, settings) is None
    assert len(client.search_model_versions(f"name = '{settings.model_name}'")) == 1
    champion = Registry(settings.model_name).by_alias(CHAMPION)
    assert champion is not None
    assert champion.version == "1"
    runs = runs_of(client, second)
    for name in ("pipeline", "gradient_boosting"):
        assert runs[name].data.tags["gates"] == "rejected"
        reason = runs[name].data.tags["rejection_reason"]
        assert "a gain of +0.0000, at least +0.0010 is needed; p = 1 that chance alone gives as much" in reason
    assert runs["pipeline"].data.tags["compared_against"] == "1"


def test_a_bad_file_registers_nothing_and_leaves_its_report(
    client: MlflowClient, settings: Settings, retrain: Callable[..., Run], tmp_path: Path
) -> None:
    from retraining.synthetic import generate

    generate(2_000, 1).drop(columns="AGE").to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(DataValidationError, match="column is present"):
        retrain("bad", dataset_uri=str(tmp_path / "bad.csv"))
    assert Registry(settings.model_name).by_alias(CHALLENGER) is None
    assert not client.search_registered_models(f"name = '{settings.model_name}'")
    experiment = client.get_experiment_by_name(EXPERIMENT)
    [parent] = client.search_runs([experiment.experiment_id], f"tags.dag_run_id = '{settings.model_name}/bad'")
    assert (parent.info.status, parent.data.tags["data_validation"]) == ("FAILED", "failed")
    assert [item.path for item in client.list_artifacts(parent.info.run_id)] == ["data_validation.json"]


def test_a_refused_blessing_fails_and_the_champion_stays(
    settings: Settings, retrain: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = retrain("refused")
    pipeline.register(run, settings)
    registry = Registry(settings.model_name)
    monkeypatch.setenv("SERVING_STUB_BLESS", "7")
    with pytest.raises(ConfigurationError, match="REGISTRY_DENIED: status code 401"):
        pipeline.bless(run, settings)
    judged = registry.by_alias(CHALLENGER)
    assert judged is not None
    assert "blessing" not in judged.tags, "a wrong password is no verdict on the candidate"
    monkeypatch.setenv("SERVING_STUB_BLESS", "3")
    with pytest.raises(BlessingRefusedError, match="GOLDEN_MISMATCH: row 0"):
        pipeline.bless(run, settings)
    assert registry.by_alias(CHAMPION) is None
    challenger = registry.by_alias(CHALLENGER)
    assert challenger is not None
    assert challenger.tags["blessing"] == "refused"


def test_a_champion_that_moved_meanwhile_is_not_overwritten(
    settings: Settings, retrain: Callable[..., Run], tmp_path: Path
) -> None:
    run = retrain("slow")
    pipeline.register(run, settings)
    pipeline.bless(run, settings)
    other = write_columns_package(tmp_path / "other")
    version = register_folder(other.directory, settings.model_name, alias=CHAMPION)
    with pytest.raises(PromotionRefusedError, match="compared with champion none"):
        pipeline.promote(run, settings)
    champion = Registry(settings.model_name).by_alias(CHAMPION)
    assert champion is not None
    assert champion.version == version.version


def test_a_blessed_version_waits_where_promotion_is_by_hand(settings: Settings, retrain: Callable[..., Run]) -> None:
    run = retrain("by-hand", auto_promote=False)
    pipeline.register(run, settings)
    pipeline.bless(run, settings)
    assert pipeline.promote(run, settings) is None
    assert Registry(settings.model_name).by_alias(CHAMPION) is None


def test_a_broken_champion_is_reported_and_replaced(
    settings: Settings, retrain: Callable[..., Run], tmp_path: Path
) -> None:
    package = write_columns_package(tmp_path / "other")
    old = register_folder(package.directory, settings.model_name, alias=CHAMPION, broken="wrong-digest")
    run = retrain("new")
    evaluation = workspace_of(run, settings).read_json("evaluation.json")
    assert "model.onnx is not the file" in evaluation["champion"]["problem"]
    registered = pipeline.register(run, settings)
    assert registered is not None
    assert registered["compared_against"] == old.version
    pipeline.bless(run, settings)
    assert pipeline.promote(run, settings) == {
        "version": registered["version"],
        "previous": old.version,
        "promotion": "direct",
    }


def test_a_change_that_breaks_callers_needs_a_new_major_version_and_a_person(
    settings: Settings, retrain: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = write_columns_package(tmp_path / "other")
    register_folder(package.directory, settings.model_name, alias=CHAMPION)
    run = retrain("by-mistake")
    evaluation = workspace_of(run, settings).read_json("evaluation.json")
    assert "its task is generic" in evaluation["champion"]["problem"]
    assert pipeline.register(run, settings) is None
    judged = workspace_of(run, settings).read_json("judged.json")
    assert "signature: breaks callers of the champion" in judged["rejected"]["gradient_boosting"]

    monkeypatch.setattr("retraining.schema.SIGNATURE_VERSION", "2.0")
    registered = pipeline.register(retrain("on-purpose"), settings)
    assert registered is not None
    assert "breaks callers of version 1.0 on purpose (2.0)" in registered["needs_approval"]
    challenger = Registry(settings.model_name).by_alias(CHALLENGER)
    assert challenger is not None
    assert challenger.tags["signature_version"] == "2.0"
    assert challenger.tags["needs_approval"] == registered["needs_approval"]


def test_the_real_table_reaches_the_promised_auc(
    settings: Settings, retrain: Callable[..., Run], uci_path: Path
) -> None:
    run = retrain("uci", dataset_uri=str(uci_path))
    registered = pipeline.register(run, settings)
    assert registered is not None
    challenger = Registry(settings.model_name).by_alias(CHALLENGER)
    assert challenger is not None
    assert float(challenger.tags["holdout_auc"]) >= 0.77
    assert challenger.tags["synthetic"] == "false"
