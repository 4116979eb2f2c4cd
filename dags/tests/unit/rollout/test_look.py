"""What the serving command line says of a rollout, and what the task makes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from retraining import rollout
from retraining.errors import (
    ConfigurationError,
    RetrainingError,
    RolloutRefusedError,
    ServingCommandError,
    ServingCommandUnavailableError,
)
from retraining.rollout.rollout_run import RolloutRun
from retraining.rollout.standing import Standing
from retraining.settings import Settings

ANSWER: dict[str, Any] = {
    "rollout": "rollout-000003",
    "model": "m",
    "version": "8",
    "champion": "7",
    "phase": "canary",
    "percent": 25,
    "state": "running",
    "decision": "wait",
    "reason": "812 of 2000 rows",
    "numbers": {"rows": 812},
}


def run(**params: Any) -> RolloutRun:
    return RolloutRun.from_json(json.dumps({"dag_id": "d", "dag_run_id": "r", "params": params}))


def settings(exit_code: int, answer: object, **others: Any) -> Settings:
    """A serving command that prints ``answer``, then its own arguments to stderr, and exits."""
    said = answer if isinstance(answer, str) else json.dumps(answer)
    script = f"import sys; print({said!r}); print(sys.argv[1:], file=sys.stderr); sys.exit({exit_code})"
    prometheus = "http://prometheus:9090"
    return Settings("m", "w", (sys.executable, "-c", script), "", 5, prometheus_url=prometheus, **others)


@pytest.mark.parametrize(
    ("exit_code", "state"), [(0, "completed"), (10, "running"), (10, "paused"), (11, "aborted"), (12, "rolled_back")]
)
def test_says_where_the_rollout_stands_however_it_went(
    exit_code: int, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answer = ANSWER | {"state": state}
    assert rollout.look(run(), settings(exit_code, answer), version="8", begin="shadow") == answer
    assert caplog.messages[-1] == f"version 8, canary at 25 %, {state} (wait): 812 of 2000 rows"


def test_asks_for_one_look_at_this_version_on_these_replicas(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    surroundings = settings(10, ANSWER, rollout_plan="/etc/rollout.yaml")
    object.__setattr__(surroundings, "serving_replicas", "http://a,http://b")
    rollout.look(run(), surroundings, version="8", begin="baking")
    expected = ["rollout", "--model", "m", "--version", "8", "--once", "--begin", "baking"]
    expected += ["--prometheus", "http://prometheus:9090", "--by", "airflow:d/r", "--replicas", "http://a,http://b"]
    expected += ["--plan", "/etc/rollout.yaml", "--json"]
    assert f"serving: {expected}" in caplog.messages


def test_says_who_has_approved_and_begins_again_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    again = run(again=True)
    for is_first, begins in (("true", True), ("false", False)):
        caplog.clear()
        rollout.look(again, settings(10, ANSWER), version="8", begin="shadow", approved_by="ana", is_first=is_first)
        assert "'--approved-by', 'ana'" in caplog.text
        assert ("'--again'" in caplog.text) == begins
    caplog.clear()
    rollout.look(run(), settings(10, ANSWER), version="8", begin="shadow", is_first="true")
    assert "--again" not in caplog.text
    assert "--approved-by" not in caplog.text


@pytest.mark.parametrize(
    ("exit_code", "answer"),
    [
        (10, ""),
        (10, "{"),
        (10, "[]"),
        (0, ANSWER),
        (10, ANSWER | {"state": "completed"}),
        (11, ANSWER | {"state": "rolled_back"}),
        (10, ANSWER | {"state": ["running"]}),
        (10, ANSWER | {"reason": None}),
        (10, ANSWER | {"percent": "25"}),
        (10, {name: value for name, value in ANSWER.items() if name != "phase"}),
    ],
)
def test_what_cannot_be_read_is_no_decision(exit_code: int, answer: object) -> None:
    with pytest.raises(ServingCommandError, match="cannot be read") as raised:
        rollout.look(run(), settings(exit_code, answer), version="8", begin="shadow")
    assert not raised.value.transient


@pytest.mark.parametrize(
    ("exit_code", "error", "message"),
    [
        (1, ServingCommandError, "exit code 1"),
        (2, ServingCommandError, "exit code 2"),
        (3, RolloutRefusedError, "version 8 is not rolled out: it is in quarantine"),
        (4, RolloutRefusedError, "version 8 is not rolled out: it is in quarantine"),
        (5, ServingCommandUnavailableError, "no registry"),
        (6, ServingCommandUnavailableError, "not every replica agrees"),
        (7, ConfigurationError, "MLFLOW_TRACKING_USERNAME"),
        (8, ServingCommandError, "does not find it"),
    ],
)
def test_a_look_fails_readably(exit_code: int, error: type[RetrainingError], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        rollout.look(run(), settings(exit_code, {"reason": "it is in quarantine"}), version="8", begin="shadow")
    assert raised.value.transient == (exit_code in (5, 6))


def test_a_look_that_was_killed_may_be_repeated() -> None:
    killed = Settings("m", "w", (sys.executable, "-c", f"import os; os.kill(os.getpid(), {signal.SIGKILL:d})"), "", 5)
    with pytest.raises(ServingCommandUnavailableError, match="killed by signal 9"):
        rollout.look(run(), killed, version="8", begin="shadow")


def test_a_share_is_said_where_there_is_one() -> None:
    cases = [("canary", 2.5, "canary at 2.5 %"), ("shadow", 100, "shadow"), ("baking", None, "baking")]
    for phase, percent, said in cases:
        standing = Standing.of(10, ANSWER | {"phase": phase, "percent": percent})
        assert standing is not None
        assert standing.sentence.startswith(f"version 8, {said}, running (wait): ")


def plan_that_the_command_got(tmp_path: Path, of_environment: str, plan: dict[str, Any]) -> Any:
    """What was in the file behind ``--plan``; None without one."""
    copy = tmp_path / "seen.json"
    script = (
        "import sys, shutil, json; arguments = sys.argv\n"
        f"if '--plan' in arguments: shutil.copy(arguments[arguments.index('--plan') + 1], {str(copy)!r})\n"
        f"print({json.dumps(ANSWER)!r}); sys.exit(10)"
    )
    surroundings = Settings("m", "w", (sys.executable, "-c", script), "", 5, rollout_plan=of_environment)
    rollout.look(run(plan=plan), surroundings, version="8", begin="shadow")
    return json.loads(copy.read_text()) if copy.exists() else None


def test_a_run_changes_what_it_names_of_the_plan(tmp_path: Path) -> None:
    file = tmp_path / "rollout.yaml"
    shipped = {"shadow": {"min_samples": 2000, "min_minutes": 10}, "canary": {"percents": [5, 25, 100]}}
    file.write_text(yaml.safe_dump(shipped), encoding="utf-8")
    assert plan_that_the_command_got(tmp_path, "", {}) is None
    assert plan_that_the_command_got(tmp_path, "", {"baking": {"min_minutes": 5}}) == {"baking": {"min_minutes": 5}}
    other = {"shadow": {"min_samples": 50}, "canary": {"percents": [50]}}
    assert plan_that_the_command_got(tmp_path, str(file), other) == {
        "shadow": {"min_samples": 50, "min_minutes": 10},
        "canary": {"percents": [50]},
    }


@pytest.mark.parametrize("content", ["[1]", "a: [", "", None])
def test_a_plan_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "rollout.yaml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="ROLLOUT_PLAN"):
        plan_that_the_command_got(tmp_path, str(file), {"baking": {}})


def test_a_look_needs_no_training_library() -> None:
    script = "import sys, retraining.rollout.look, retraining.serving_cli; print(list(sys.modules))"
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", script], env=surroundings, capture_output=True, text=True, check=True)
    for heavy in ("sklearn", "mlflow", "onnx", "pandas", "numpy"):
        assert f"'{heavy}'" not in done.stdout


def test_reports_what_the_command_tables(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    table = "phase   decision\ncanary  advance"
    assert rollout.report(run(), settings(0, table), version="8") == {"version": "8", "rollouts": f"{table}\n"}
    assert caplog.messages[-2:] == table.splitlines()
    assert "--json" not in caplog.text


def test_reports_nothing_of_nothing() -> None:
    assert rollout.report(run(), settings(1, ""), version="") is None
