"""Bad models on the way that good ones take: the real gates, the real serving runtime, a real MLflow server."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from retraining import pipeline
from retraining.bad_models import FAULTS, example_rows, main, write_bad_package
from retraining.errors import ContractError
from retraining.package import check_package
from retraining.pipeline.step_context import workspace_of
from retraining.registry import CHALLENGER, CHAMPION, Registry
from retraining.run import Run
from retraining.scorer import Scorer
from retraining.settings import Settings

pytestmark = pytest.mark.integration

CANDIDATE = "gradient_boosting"


@dataclass(frozen=True)
class Contest:
    """A champion, and a better candidate that has come as far as the evaluation."""

    settings: Settings
    better: Run


def run_of(name: str, rows: int) -> Run:
    params = {
        "dataset_uri": f"synthetic:?rows={rows}&seed=5",
        "seed": 7,
        "candidates": [CANDIDATE],
        "variants": [],
        "auto_promote": True,
    }
    document = {"dag_id": "credit_scoring_retraining", "dag_run_id": f"bad-models/{name}", "bundle_version": "f" * 40}
    return Run.from_json(json.dumps({**document, "params": params}))


@pytest.fixture(scope="module")
def contest(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contest]:
    command = tuple(shlex.split(os.environ.get("SERVING_CLI", "")))
    if not command:
        pytest.skip("SERVING_CLI does not name the serving command line")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        settings = Settings("bad-models", tmp_path_factory.mktemp("workspace").as_uri(), command, "", 10)
        first, better = run_of("first", 3_000), run_of("better", 16_000)
        for run in (first, better):
            pipeline.ingest(run, settings)
            pipeline.validate(run, settings)
            pipeline.train(run, settings, CANDIDATE)
            pipeline.export(run, settings, CANDIDATE)
            pipeline.validate_conversion(run, settings, CANDIDATE)
        pipeline.evaluate(first, settings)
        pipeline.gates(first, settings)
        assert pipeline.register(first, settings) is not None
        pipeline.bless(first, settings)
        pipeline.promote(first, settings)
        yield Contest(settings, better)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_model_wins_every_gate_and_is_blessed(kind: str, contest: Contest) -> None:
    settings = contest.settings
    run = replace(contest.better, dag_run_id=f"bad-models/{kind}")
    workspace = workspace_of(run, settings)
    shutil.copytree(workspace_of(contest.better, settings).path, workspace.path)
    with tempfile.TemporaryDirectory() as scratch:
        good = workspace.read_folder(f"{CANDIDATE}/package.tar", Path(scratch, "good"))
        bad = write_bad_package(kind, good, Path(scratch, "bad"), slow_ms=20)
        workspace.write_folder(f"{CANDIDATE}/package.tar", bad.directory)
        exported = {"candidate": CANDIDATE, "digest": bad.digest, "bytes": bad.bytes}
        workspace.write_json(f"{CANDIDATE}/exported.json", exported)

    pipeline.evaluate(run, settings)
    judged = pipeline.gates(run, settings)
    assert judged["selected"] == CANDIDATE
    assert judged["compared_against"] == "1"
    verdicts = {gate["name"]: gate["verdict"] for gate in judged["verdicts"][CANDIDATE]}
    assert verdicts["champion_comparison"] == verdicts["latency_budget"] == verdicts["stability"] == "passed"
    assert set(verdicts.values()) <= {"passed", "not_applicable"}

    registered = pipeline.register(run, settings)
    assert registered is not None
    assert registered["digest"] == bad.digest
    pipeline.bless(run, settings)
    challenger = Registry(settings.model_name).by_alias(CHALLENGER)
    assert challenger is not None
    assert (challenger.version, challenger.tags["blessing"]) == (registered["version"], "blessed")


def test_the_command_line_makes_the_champion_bad_and_registers_it(
    contest: Contest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(contest.settings.model_name)
    champion = registry.by_alias(CHAMPION)
    assert champion is not None
    good = registry.download(champion, tmp_path / "good")
    main(["throwing", "--of", str(good.directory), "--to", str(tmp_path / "bad"), "--register"])
    said = json.loads(capsys.readouterr().out)
    version = registry.version(said["version"])
    assert (version.digest, version.tags["candidate"]) == (said["digest"], "bad-throwing")
    bad = check_package(Path(said["path"]), digest=said["digest"])
    with pytest.raises(ContractError, match="cannot run it"):
        Scorer.of_package(bad.directory, bad.manifest).score_rows(example_rows(bad.manifest))
