"""What goes wrong on bad days, with real parts: champion unchanged or wholly changed, the next run clean."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from retraining import pipeline
from retraining.errors import (
    PromotionRefusedError,
    RegistryUnreachableError,
    ServingCommandUnavailableError,
)
from retraining.pipeline.step_context import workspace_of
from retraining.registry import CHALLENGER, CHAMPION, Registry
from retraining.run import Run
from retraining.settings import EXPERIMENT, Settings
from retraining.step import PERMANENT, TRANSIENT
from retraining.synthetic import generate
from tests.support.cutting_proxy import Cut, CuttingProxy

pytestmark = pytest.mark.integration

DAGS = Path(__file__).parents[2]
CANDIDATE = "gradient_boosting"


@pytest.fixture(autouse=True)
def registry_address(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")


@pytest.fixture
def client() -> MlflowClient:
    return MlflowClient()


@pytest.fixture(scope="session")
def serving_cli() -> tuple[str, ...]:
    """The real one: what is promoted here is promoted as in production."""
    command = tuple(shlex.split(os.environ.get("SERVING_CLI", "")))
    if not command:
        pytest.skip("SERVING_CLI does not name the serving command line")
    return command


@pytest.fixture
def settings(serving_cli: tuple[str, ...], tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Each test has a model and a workspace of its own."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    return Settings(name, (tmp_path / "workspace").as_uri(), serving_cli, "", 10)


@pytest.fixture
def proxy(mlflow_server: str, registry_address: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[CuttingProxy]:
    """The registry's address from now on: a line that can be cut."""
    with CuttingProxy(mlflow_server).running() as running:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", running.address)
        yield running


def run_document(dag_run_id: str, dataset_uri: str = "synthetic:?rows=3000&seed=5") -> str:
    params = {"dataset_uri": dataset_uri, "seed": 7, "candidates": [CANDIDATE], "auto_promote": True}
    document = {"dag_id": "credit_scoring_retraining", "dag_run_id": dag_run_id, "bundle_version": "f" * 40}
    return json.dumps({**document, "params": params})


@pytest.fixture(scope="session")
def trained(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run that has come as far as ``gates``: trained once, since how it trains is no matter here."""
    root = tmp_path_factory.mktemp("trained")
    settings = Settings("trained-once", root.as_uri(), (sys.executable, "-m", "tests.support.serving_cli"), "", 10)
    run = Run.from_json(run_document("trained-once"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        patch.setenv("PYTHONPATH", str(DAGS))
        pipeline.ingest(run, settings)
        pipeline.validate(run, settings)
        pipeline.train(run, settings, CANDIDATE)
        pipeline.export(run, settings, CANDIDATE)
        pipeline.validate_conversion(run, settings, CANDIDATE)
        pipeline.evaluate(run, settings)
        assert pipeline.gates(run, settings)["selected"] == CANDIDATE
    return Path(workspace_of(run, settings).path)


@dataclass(frozen=True)
class Judged:
    """A run whose next task is ``register``."""

    run: Run
    settings: Settings

    def versions(self) -> list[Any]:
        """What the registry has of it."""
        conditions = f"name = '{self.settings.model_name}' and tags.`dag_run_id` = '{self.run.dag_run_id}'"
        return list(MlflowClient().search_model_versions(conditions))


@pytest.fixture
def judged(trained: Path, settings: Settings) -> Callable[[str], Judged]:
    """Makes a run that has come as far as ``gates``, with the model of its test."""

    def make(name: str) -> Judged:
        run = Run.from_json(run_document(f"{settings.model_name}/{name}"))
        shutil.copytree(trained, workspace_of(run, settings).path)
        pipeline.export(run, settings, CANDIDATE)
        return Judged(run, settings)

    return make


def alias(settings: Settings, name: str) -> str | None:
    version = Registry(settings.model_name).by_alias(name)
    return version.version if version else None


def moves(settings: Settings) -> list[dict[str, Any]]:
    """The promotion history, oldest first, as the command line shows it; it must be at rest."""
    command = [*settings.serving_cli, "history", "--model", settings.model_name, "--json"]
    shown = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert shown["standing"] == "at-rest", shown
    return list(reversed(shown["moves"]))


def task(name: str, run: str, settings: Settings, **arguments: str) -> subprocess.Popen[str]:
    """A task as Airflow runs it: a process of its own."""
    script = (
        "import json, sys; from retraining.step import run_step; run_step(*sys.argv[1:3], **json.loads(sys.argv[3]))"
    )
    surroundings = {
        "PYTHONPATH": str(DAGS),
        "MODEL_NAME": settings.model_name,
        "RETRAINING_WORKSPACE_URI": settings.workspace_uri,
    }
    return subprocess.Popen(
        [sys.executable, "-c", script, name, run, json.dumps(arguments)],
        env=os.environ | surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "model-versions/create"), ("POST", "registered-models/alias")],
    ids=["version", "alias"],
)
def test_a_registry_that_dies_while_a_candidate_is_registered_has_one_version_in_the_end(
    proxy: CuttingProxy, judged: Callable[[str], Judged], method: str, path: str, when: Any
) -> None:
    this = judged("run")
    proxy.cut = Cut(method, path, when)
    with pytest.raises(RegistryUnreachableError):
        pipeline.register(this.run, this.settings)
    assert proxy.cut.happened.is_set()
    proxy.restore()
    registered = pipeline.register(this.run, this.settings)
    assert registered is not None
    [version] = this.versions()
    assert version.version == registered["version"] == alias(this.settings, CHALLENGER)
    assert version.tags["package_digest"] == registered["digest"]
    assert alias(this.settings, CHAMPION) is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_registry_that_dies_between_history_and_alias_has_both_in_the_end(
    proxy: CuttingProxy, judged: Callable[[str], Judged], when: Any
) -> None:
    this = judged("run")
    pipeline.register(this.run, this.settings)
    pipeline.bless(this.run, this.settings)
    proxy.cut = Cut("POST", "registered-models/alias", when)
    with pytest.raises(ServingCommandUnavailableError):
        pipeline.promote(this.run, this.settings)
    assert proxy.cut.happened.is_set()
    proxy.restore()
    assert alias(this.settings, CHAMPION) == (None if when == "before" else "1")
    assert pipeline.promote(this.run, this.settings) == {"version": "1", "previous": "none", "promotion": "direct"}
    assert alias(this.settings, CHAMPION) == "1"
    [move] = moves(this.settings)
    assert (move["from"], move["to"], move["by"]) == (
        "none",
        "1",
        f"airflow:credit_scoring_retraining/{this.run.dag_run_id}",
    )


def test_a_version_whose_creation_had_no_answer_is_not_created_twice(
    proxy: CuttingProxy, judged: Callable[[str], Judged]
) -> None:
    this = judged("run")
    proxy.cut = Cut("POST", "model-versions/create", "after", dead=False)
    registered = pipeline.register(this.run, this.settings)
    assert proxy.cut.happened.is_set()
    assert registered is not None
    assert [item.version for item in this.versions()] == ["1"] == [registered["version"]]


def test_a_run_whose_creation_had_no_answer_is_the_same_to_all_tasks(
    proxy: CuttingProxy, judged: Callable[[str], Judged]
) -> None:
    from retraining.tracking import Tracker

    this = judged("run")
    proxy.cut = Cut("POST", "runs/create", "after", dead=False)
    first = Tracker(this.run).parent()
    assert proxy.cut.happened.is_set()
    assert Tracker(this.run).parent() == first, "the tasks that follow write to another run"


def test_a_trainer_that_is_killed_is_run_again_and_leaves_one_run_and_whole_files(
    proxy: CuttingProxy, client: MlflowClient, trained: Path, settings: Settings
) -> None:
    document = run_document(f"{settings.model_name}/run")
    run = Run.from_json(document)
    workspace = workspace_of(run, settings)
    for name in ("source.json", "data.json", "rows.parquet"):
        workspace.write_bytes(name, (trained / name).read_bytes())
    started: list[subprocess.Popen[str]] = []
    proxy.cut = Cut("POST", "runs/log-batch", "after", dead=False, then=lambda: started[0].kill())
    started.append(task("train", document, settings, candidate=CANDIDATE))
    started[0].communicate(timeout=60)
    assert (started[0].returncode, proxy.cut.happened.is_set()) == (-9, True)
    assert not Path(workspace.path, CANDIDATE).exists(), "nothing is left before everything is"

    pipeline.train(run, settings, CANDIDATE)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs(
        [experiment.experiment_id], f"tags.dag_run_id = '{run.dag_run_id}' and tags.candidate = '{CANDIDATE}'"
    )
    assert [item.info.status for item in found] == ["FINISHED"]
    names = {path.name for path in Path(workspace.path, CANDIDATE).iterdir()}
    assert names == {"model.joblib", "holdout_scores.npy", "trained.json", "variants.json"}


def test_a_registration_that_is_killed_after_the_version_was_created_makes_no_second_one(
    proxy: CuttingProxy, judged: Callable[[str], Judged]
) -> None:
    this = judged("run")
    started: list[subprocess.Popen[str]] = []
    proxy.cut = Cut("POST", "model-versions/create", "after", dead=False, then=lambda: started[0].kill())
    started.append(task("register", run_document(this.run.dag_run_id), this.settings))
    started[0].communicate(timeout=60)
    assert (started[0].returncode, proxy.cut.happened.is_set()) == (-9, True)
    assert [item.version for item in this.versions()] == ["1"]
    assert alias(this.settings, CHALLENGER) is None

    registered = pipeline.register(this.run, this.settings)
    assert registered is not None
    assert [item.version for item in this.versions()] == ["1"] == [registered["version"]]
    assert alias(this.settings, CHALLENGER) == "1"


def test_one_run_that_is_started_twice_at_once_registers_one_version(judged: Callable[[str], Judged]) -> None:
    this = judged("run")
    together = threading.Barrier(2)

    def register(_: int) -> Any:
        together.wait(timeout=30)
        return pipeline.register(this.run, this.settings)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(register, range(2))
    [version] = this.versions()
    assert first["version"] == second["version"] == version.version == alias(this.settings, CHALLENGER)


def test_of_two_runs_that_were_compared_with_the_same_champion_one_is_promoted(
    judged: Callable[[str], Judged], settings: Settings
) -> None:
    runs = [judged("one"), judged("other")]
    for this in runs:
        pipeline.register(this.run, this.settings)
        pipeline.bless(this.run, this.settings)
    together = threading.Barrier(2)

    def promote(this: Judged) -> Any:
        together.wait(timeout=30)
        try:
            return pipeline.promote(this.run, this.settings)
        except PromotionRefusedError as refusal:
            return refusal

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(promote, runs))
    [refusal] = [answer for answer in answers if isinstance(answer, PromotionRefusedError)]
    [winner] = [this for this, answer in zip(runs, answers, strict=True) if answer is not refusal]
    assert "it was compared with champion none, which is no longer the champion" in str(refusal)
    assert "retrain to compare with the present one" in str(refusal)
    [version] = winner.versions()
    assert alias(settings, CHAMPION) == version.version
    [move] = moves(settings)
    assert (move["to"], move["by"]) == (
        version.version,
        f"airflow:credit_scoring_retraining/{winner.run.dag_run_id}",
    )

    [loser] = [this for this in runs if this is not winner]
    again = workspace_of(loser.run, settings)
    again.write_json("registered.json", again.read_json("registered.json") | {"compared_against": version.version})
    pipeline.promote(loser.run, settings)
    assert [(move["from"], move["to"]) for move in moves(settings)] == [
        ("none", version.version),
        (version.version, loser.versions()[0].version),
    ]


@contextmanager
def breaking_off(head: bytes, body: bytes) -> Iterator[str]:
    """A web server that says this and hangs up."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + head + b"\r\n" + body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/rows"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("kind", "announced", "failing", "code", "said"),
    [
        ("parquet", True, "ingest", TRANSIENT, "broke off before the file was whole"),
        ("csv", False, "validate", PERMANENT, "no missing value"),
    ],
    ids=["half of what was announced", "half a line"],
)
def test_half_a_file_is_an_error_that_says_so_and_registers_nothing(
    client: MlflowClient,
    settings: Settings,
    tmp_path: Path,
    kind: str,
    announced: bool,
    failing: str,
    code: int,
    said: str,
) -> None:
    rows = generate(400, seed=5)
    whole = rows.to_csv(index=False).encode() if kind == "csv" else rows.to_parquet(index=False)
    half = whole[: len(whole) // 2]
    if kind == "csv":
        half = half[: half.rindex(b"\n") + 40]  # in the middle of a line
    with breaking_off(b"content-length: %d\r\n" % len(whole) if announced else b"", half) as uri:
        document = run_document(f"{settings.model_name}/run", uri)
        run = Run.from_json(document)
        if failing != "ingest":
            pipeline.ingest(run, settings)
        failed = task(failing, document, settings)
        output, _ = failed.communicate(timeout=60)
    assert failed.returncode == code, output
    assert said in output
    assert "Traceback" not in output
    experiment = client.get_experiment_by_name(EXPERIMENT)
    [found] = client.search_runs([experiment.experiment_id], f"tags.dag_run_id = '{run.dag_run_id}'")
    assert found.info.status == "FAILED"
    assert found.data.tags["last_failure"].startswith(f"{failing}: ")
    assert not client.search_registered_models(f"name = '{settings.model_name}'")

    pipeline.ingest(Run.from_json(run_document(run.dag_run_id)), settings)
    pipeline.validate(Run.from_json(run_document(run.dag_run_id)), settings)
    [found] = client.search_runs([experiment.experiment_id], f"tags.dag_run_id = '{run.dag_run_id}'")
    assert (found.data.tags["data_validation"], found.data.tags["synthetic"]) == ("passed", "true")


FULL_DISK = """
import errno, json, os, subprocess, sys
from pathlib import Path
from retraining.step import run_step

disk, documents = sys.argv[1], [json.loads(text) for text in sys.argv[2:]]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)

def files():
    return {path.name: path.stat().st_size for path in Path(disk).rglob("*") if path.is_file()}

def ingest(document):
    try:
        return run_step("ingest", json.dumps(document))["rows"]
    except SystemExit as end:
        return f"exit {end.code}"

small, large = documents
seen = [[ingest(small), files()], [ingest(large), files()]]
subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
seen.append([ingest(large), files()])
Path(os.environ["REPORT"]).write_text(json.dumps(seen))
"""


def test_a_full_disk_is_named_and_nothing_half_written_is_left(settings: Settings, tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a disk of two megabytes")
    disk, report = tmp_path / "workspace", tmp_path / "report.json"
    disk.mkdir()
    documents = [run_document("run", f"synthetic:?rows={rows}&seed=5") for rows in (3000, 60_000)]
    # In a namespace of its own, which takes the disk with it when it ends.
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", FULL_DISK, str(disk), *documents],
        env=os.environ | {"PYTHONPATH": str(DAGS), "RETRAINING_WORKSPACE_URI": disk.as_uri(), "REPORT": str(report)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with_room, without, with_room_again = json.loads(report.read_text(encoding="utf-8"))
    assert with_room[0] == 3000
    assert without == [f"exit {TRANSIENT}", with_room[1]], "what was there is not touched, and nothing is added"
    assert with_room_again[0] == 60_000
    assert with_room_again[1].keys() == with_room[1].keys() == {"ingested.parquet", "source.json"}
    [said] = [line for line in done.stdout.splitlines() if "failed" in line]
    assert re.fullmatch(
        rf"ingest failed: ingested\.parquet \([\d.]+ MB\) does not fit: the disk of {disk} is full\. "
        r"Folders there are named after runs; delete those of runs that are over, then clear this task",
        said,
    )
