"""The DAGs that watch a version on live traffic: as Airflow parses them, and what their sensor makes of each look."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

DAGS = Path(__file__).parents[2]
ROLLOUTS = {
    "promote_challenger": ("credit_scoring_rollout_requested", ["resolve_challenger", "rollout", "report"], "shadow"),
    "champion_baking": ("credit_scoring_champion_promoted", ["find_promoted", "baking", "report"], "baking"),
}
STANDING = {
    "rollout": "rollout-000003",
    "version": "8",
    "phase": "canary",
    "percent": 25,
    "state": "running",
    "decision": "wait",
    "reason": "812 of 2000 rows",
}
RUN = json.dumps({"dag_id": "promote_challenger", "dag_run_id": "r", "params": {"version": "8", "plan": {}}})


@pytest.fixture(scope="module")
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    return bag


def sensor_of(dag: Any) -> Any:
    [sensor] = [task for task in dag.tasks if getattr(task, "_is_sensor", False)]
    return sensor


@pytest.mark.parametrize("name", ROLLOUTS)
def test_it_is_asked_for_by_an_event_and_runs_once_at_a_time(bag: Any, name: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    asset, tasks, begin = ROLLOUTS[name]
    dag = bag.dags[name]
    serialized = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert [key.name for key, _ in serialized.timetable.asset_condition.iter_assets()] == [asset]
    assert (dag.catchup, dag.max_active_runs, dag.is_paused_upon_creation) == (False, 1, False)
    assert [task.task_id for task in dag.topological_sort()] == tasks
    assert sensor_of(dag).begin == begin
    for task in dag.tasks:
        assert task.task_id in dag.doc_md
        assert task.retries == 2


@pytest.mark.parametrize("name", ROLLOUTS)
def test_waiting_holds_no_worker(bag: Any, name: str) -> None:
    sensor = sensor_of(bag.dags[name])
    assert sensor.reschedule
    assert timedelta(seconds=sensor.poke_interval) == timedelta(seconds=30)
    assert bag.dags[name].dagrun_timeout.total_seconds() >= sensor.timeout >= timedelta(days=1).total_seconds()


@pytest.mark.parametrize("name", ROLLOUTS)
def test_the_report_has_no_say_in_how_the_run_is_judged(bag: Any, name: str) -> None:
    report = bag.dags[name].get_task("report")
    assert report.is_teardown
    assert not report.on_failure_fail_dagrun


@pytest.mark.parametrize("name", ROLLOUTS)
def test_every_training_task_makes_one_call_of_its_own_name(name: str) -> None:
    tree = ast.parse((DAGS / f"{name}.py").read_text(encoding="utf-8"))
    steps = (DAGS / "retraining" / "rollout" / "__init__.py").read_text(encoding="utf-8")
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tasks = [node for node in function.body if isinstance(node, ast.FunctionDef)]
    assert len(tasks) == 2
    for task in tasks:
        [call] = [node for node in ast.walk(ast.Module(task.body, [])) if isinstance(node, ast.Call)]
        assert isinstance(call.func, ast.Name)
        assert isinstance(call.args[0], ast.Constant)
        assert (call.func.id, call.args[0].value) == ("run_step", task.name)
        assert f'"{task.name}"' in steps


def test_the_dags_know_the_codes_and_states_of_the_package() -> None:
    from orchestration import rollout_dag, rollout_sensor
    from retraining import step
    from retraining.rollout import standing

    assert (rollout_dag.NOTHING_TO_DO, rollout_dag.CANNOT_GET_BETTER) == (step.SKIPPED, step.PERMANENT)
    assert step.TRANSIENT == rollout_sensor.TRY_AGAIN_LATER
    assert standing.COMPLETED == rollout_sensor.COMPLETED
    assert (standing.RUNNING, standing.PAUSED) == rollout_sensor.GOES_ON


@pytest.mark.parametrize(
    ("version", "event", "expected"),
    [("", {}, None), ("", {"version": "9", "previous": "7", "run": "manual__1"}, "9"), ("8", {"version": "9"}, "8")],
)
def test_the_run_is_rendered_as_the_package_reads_it(
    bag: Any, version: str, event: dict[str, str], expected: str | None
) -> None:
    from retraining.rollout.rollout_run import RolloutRun

    dag = bag.dags["promote_challenger"]
    events = {"asset": [SimpleNamespace(timestamp=datetime(2026, 1, 1, tzinfo=UTC), extra=event)]} if event else {}
    text = dag.get_template_env().from_string(sensor_of(dag).run).render(
        dag=dag, run_id="manual__1", params={"version": version, "plan": {"baking": {"min_minutes": 5}}},
        triggering_asset_events=events, event_of=dag.user_defined_macros["event_of"],
    )  # fmt: skip
    run = RolloutRun.from_json(text)
    assert (run.dag_run_id, run.version, run.plan, run.event) == (
        "manual__1",
        expected,
        {"baking": {"min_minutes": 5}},
        event,
    )


@pytest.mark.parametrize("name", ROLLOUTS)
@pytest.mark.parametrize(("returned", "version"), [({"version": "8"}, "8"), (None, "")], ids=["found", "skipped"])
def test_the_report_runs_also_where_no_version_was_found(bag: Any, name: str, returned: Any, version: str) -> None:
    dag = bag.dags[name]
    template = dag.get_task("report").op_args[1]
    instance = SimpleNamespace(xcom_pull=lambda task_ids: returned)
    assert template == sensor_of(dag).version
    assert dag.get_template_env().from_string(template).render(ti=instance) == version


def test_parameters_are_checked(bag: Any) -> None:
    params = bag.dags["promote_challenger"].params
    for name, wrong in {"version": "latest", "plan": "fast"}.items():
        with pytest.raises(ValueError, match="(?i)invalid|is not|does not match"):
            params.get_param(name).resolve(wrong)
    assert set(bag.dags["champion_baking"].params) == {"plan"}


@pytest.mark.parametrize(
    ("promotion", "asset"),
    [("direct", "credit_scoring_champion_promoted"), ("rollout", "credit_scoring_rollout_requested")],
)
def test_a_retraining_tells_what_its_last_task_came_to(promotion: str, asset: str) -> None:
    from airflow.sdk.execution_time.context import OutletEventAccessors

    from orchestration.assets import PROMOTION_OUTCOME
    from orchestration.promotion_outcome import announce_promotion

    events = OutletEventAccessors()
    outcome = {"version": "8", "previous": "7", "promotion": promotion}
    announce_promotion({"outlet_events": events, "run_id": "manual__1"}, outcome)  # type: ignore[arg-type]
    [event] = events[PROMOTION_OUTCOME].asset_alias_events
    assert (event.dest_asset_key.name, event.extra) == (asset, {"version": "8", "previous": "7", "run": "manual__1"})


def test_a_promotion_that_ci_is_asked_for_is_none_yet() -> None:
    from airflow.sdk.execution_time.context import OutletEventAccessors

    from orchestration.assets import PROMOTION_OUTCOME
    from orchestration.promotion_outcome import announce_promotion

    events = OutletEventAccessors()
    outcome = {"version": "8", "previous": "7", "promotion": "ci"}
    announce_promotion({"outlet_events": events, "run_id": "manual__1"}, outcome)  # type: ignore[arg-type]
    assert events[PROMOTION_OUTCOME].asset_alias_events == []


def test_the_last_task_of_a_retraining_is_where_it_is_told(bag: Any) -> None:
    from orchestration.promotion_outcome import announce_promotion

    promote = bag.dags["credit_scoring_retraining"].get_task("promote")
    assert [outlet.name for outlet in promote.outlets] == ["credit_scoring_promotion_outcome"]
    assert promote._post_execute_hook is announce_promotion


class Pushed(dict[str, Any]):
    """A task instance, as far as the sensor uses one."""

    looked_before = False

    def get_first_reschedule_date(self, _: Any) -> datetime | None:
        """As Airflow's."""
        return datetime(2026, 1, 1, tzinfo=UTC) if self.looked_before else None

    def xcom_push(self, key: str, value: Any) -> None:
        """As Airflow's."""
        self[key] = value


@pytest.fixture
def poke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Looks once with a stand-in for the serving command line; returns the answer and what was pushed."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("RETRAINING_WORKSPACE_URI", tmp_path.as_uri())
    script = tmp_path / "serving.py"
    monkeypatch.setenv("SERVING_CLI", f"{sys.executable} {script}")

    def look(body: str, run: str = RUN, *, looked_before: bool = False) -> tuple[Any, Pushed]:
        from orchestration.rollout_sensor import RolloutSensor

        script.write_text(f"import json, os, sys, time\n{body}", encoding="utf-8")
        sensor = RolloutSensor(task_id="rollout", run=run, version="8", begin="shadow", python=sys.executable)
        pushed = Pushed()
        pushed.looked_before = looked_before
        return sensor.poke({"ti": pushed}), pushed

    return look


def says(exit_code: int, **changes: Any) -> str:
    return f"print({json.dumps(STANDING | changes)!r}); sys.exit({exit_code})"


@pytest.mark.parametrize("state", ["running", "paused"])
def test_it_looks_again_while_the_rollout_goes_on(poke: Any, capsys: pytest.CaptureFixture[str], state: str) -> None:
    done, pushed = poke(says(10, state=state))
    assert done is False
    assert pushed == {"standing": STANDING | {"state": state}}
    assert f"version 8, canary at 25 %, {state} (wait): 812 of 2000 rows" in capsys.readouterr().out


def test_another_rollout_is_begun_by_the_first_look_alone(poke: Any) -> None:
    run = json.dumps({"dag_id": "promote_challenger", "dag_run_id": "r", "params": {"version": "8", "again": True}})
    body = f"sys.exit(5) if '--again' not in sys.argv else print({json.dumps(STANDING)!r}); sys.exit(10)"
    assert poke(body, run)[1] != {}
    assert poke(body, run, looked_before=True)[1] == {}
    assert poke(body)[1] == {}


def test_it_is_done_when_the_rollout_is(poke: Any) -> None:
    done, pushed = poke(says(0, state="completed", phase="completed"))
    assert done
    assert done.xcom_value == pushed["standing"]


@pytest.mark.parametrize(
    ("exit_code", "state", "said"), [(11, "aborted", "aborted"), (12, "rolled_back", "rolled back")]
)
def test_what_ended_badly_fails_for_good_and_says_why(
    poke: Any, capsys: pytest.CaptureFixture[str], exit_code: int, state: str, said: str
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match=f"version 8 was {said}: 4 of 100 failed"):
        poke(says(exit_code, state=state, reason="4 of 100 failed"))
    assert f"rollout failed: version 8 was {said} in phase canary: 4 of 100 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "body", ["sys.exit(5)", "sys.exit(6)", "os.kill(os.getpid(), 9)"], ids=["registry", "fleet", "killed"]
)
def test_what_may_pass_costs_a_look_and_not_the_rollout(poke: Any, body: str) -> None:
    assert poke(body) == (False, {})


@pytest.mark.parametrize(
    "body", ["sys.exit(3)", "print('{'); sys.exit(10)", "sys.exit(2)"], ids=["refused", "cut", "usage"]
)
def test_what_cannot_get_better_is_not_tried_again(bag: Any, poke: Any, body: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        poke(body)
    policy = sensor_of(bag.dags["promote_challenger"]).retry_policy
    assert policy.evaluate(raised.value, 1, 3).action.value == "fail"


def test_a_task_that_is_killed_ends_its_look(poke: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.rollout_sensor import RolloutSensor

    sensor = RolloutSensor(task_id="rollout", run=RUN, version="8", begin="shadow", python=sys.executable)
    sensor._process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    sensor.on_kill()
    assert sensor._process.returncode == -15
