"""The DAG as Airflow parses it. Runs in Airflow's environment, which holds no training library."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

DAGS = Path(__file__).parents[2]
DAG_ID = "credit_scoring_retraining"
TASKS = [
    "ingest",
    "validate",
    "plan_search",
    "search",
    "train",
    "export",
    "validate_conversion",
    "evaluate",
    "gates",
    "register",
    "bless",
    "approve",
    "promote",
]
MAPPED = {"search", "train", "export", "validate_conversion"}


@pytest.fixture(scope="module")
def dag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    return bag.dags[DAG_ID]


@pytest.fixture(scope="module")
def serialized(dag: Any) -> Any:
    """The DAG as the scheduler knows it."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(DagSerialization.to_dict(dag))


def test_parsing_imports_no_training_library() -> None:
    script = f"""
import sys
sys.path.insert(0, {str(DAGS)!r})
import {DAG_ID}
heavy = ("sklearn", "mlflow", "pandas", "onnx", "onnxruntime", "numpy", "pyarrow", "retraining")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_tasks_run_one_after_the_other(dag: Any) -> None:
    assert [task.task_id for task in dag.topological_sort()] == TASKS
    for task, successor in pairwise(TASKS):
        assert successor in dag.get_task(task).downstream_task_ids
    assert {task.task_id for task in dag.tasks if task.is_mapped} == MAPPED


def test_runs_weekly_one_at_a_time_without_catching_up(dag: Any, serialized: Any) -> None:
    assert serialized.timetable.timetable.serialize()["expression"] == "0 0 * * 0"
    assert (dag.catchup, dag.max_active_runs) == (False, 1)


def test_runs_when_a_retraining_is_requested(serialized: Any) -> None:
    assert [key.name for key, _ in serialized.timetable.asset_condition.iter_assets()] == [
        "credit_scoring_retraining_requested"
    ]


@pytest.mark.parametrize(("schedules", "by_the_clock"), [("off", False), ("on", True), (None, True)])
def test_the_clock_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, schedules: str | None, by_the_clock: bool
) -> None:
    from orchestration.schedules import at, on_request_or_at

    monkeypatch.delenv("SCHEDULES", raising=False)
    if schedules:
        monkeypatch.setenv("SCHEDULES", schedules)
    assert (at("0 0 * * 0") is not None) == by_the_clock
    assert isinstance(on_request_or_at("0 0 * * 0"), list) != by_the_clock


def test_to_unpause_it_starts_no_run(serialized: Any) -> None:
    first = serialized.next_dagrun_info(last_automated_run_info=None)
    assert first is not None
    assert first.run_after > datetime.now(UTC)


def test_lost_connections_are_retried_and_bad_files_are_not(dag: Any) -> None:
    from orchestration.permanent_failures import PermanentFailures

    for task in dag.tasks:
        assert task.retries == 2
        assert task.retry_delay == timedelta(seconds=20)
    policy = dag.get_task("ingest").retry_policy
    assert isinstance(policy, PermanentFailures)
    permanent, transient = (subprocess.CalledProcessError(code, "python") for code in (65, 75))
    assert policy.evaluate(permanent, 1, 3).action.value == "fail"
    assert policy.evaluate(transient, 1, 3).action.value == "default"
    assert policy.evaluate(ConnectionError(), 1, 3).action.value == "default"
    assert PermanentFailures.deserialize(policy.serialize()).exit_code == 65


def test_parameters_are_checked_and_described(dag: Any) -> None:
    assert set(dag.params) == {
        "dataset_uri",
        "as_of",
        "seed",
        "candidates",
        "variants",
        "search_trials",
        "search_minutes",
        "auto_promote",
        "require_approval",
        "promotion",
    }
    values = {name: dag.params[name] for name in dag.params}
    assert values["dataset_uri"] == (os.environ.get("DATASET_URI") or "synthetic:")
    assert values["auto_promote"] is True
    assert values["promotion"] == "direct"
    assert (values["as_of"], values["search_trials"]) == ("", 0)
    for name in dag.params:
        assert dag.params.get_param(name).description
    refused = {"seed": -1, "candidates": ["oracle"], "auto_promote": "yes", "dataset_uri": ""}
    refused |= {"variants": ["int4"], "search_trials": 201, "search_minutes": 0, "promotion": "canary"}
    for name, wrong in refused.items():
        with pytest.raises(ValueError, match="(?i)invalid|is not|non-empty|short|less|greater"):
            dag.params.get_param(name).resolve(wrong)


def test_the_dag_knows_the_codes_and_candidates_of_the_package() -> None:
    """The DAG may not import the package, so it repeats these; here the copies are compared."""
    import credit_scoring_retraining as dag_file
    from retraining import run, step
    from retraining.candidates import CANDIDATES

    assert (dag_file.NOTHING_TO_DO, dag_file.CANNOT_GET_BETTER) == (step.SKIPPED, step.PERMANENT)
    assert list(CANDIDATES) == dag_file.CANDIDATES
    assert list(run.VARIANTS) == dag_file.VARIANTS
    assert list(run.PROMOTIONS) == dag_file.PROMOTIONS
    assert dag_file.LARGEST_SEARCH == run.LARGEST_SEARCH


def test_no_search_is_no_reason_not_to_train(dag: Any) -> None:
    """A search of no trials is skipped as a whole, and trials whose time is over one by one."""
    assert dag.get_task("train").partial_kwargs["trigger_rule"] == "none_failed"
    assert dag.get_task("search").partial_kwargs["max_active_tis_per_dagrun"] == 8
    for name in set(TASKS) - {"train"}:
        task = dag.get_task(name)
        assert (task.partial_kwargs.get("trigger_rule") if task.is_mapped else task.trigger_rule) in (
            None,
            "all_success",
        )


def test_every_task_makes_one_call_of_its_own_name() -> None:
    tree = ast.parse((DAGS / f"{DAG_ID}.py").read_text(encoding="utf-8"))
    [dag_function] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tasks = [node for node in dag_function.body if isinstance(node, ast.FunctionDef)]
    assert [task.name for task in tasks] == [task for task in TASKS if task != "approve"], "Airflow asks by itself"
    for task in tasks:
        [call] = [node for node in ast.walk(ast.Module(task.body, [])) if isinstance(node, ast.Call)]
        assert isinstance(call.func, ast.Name)
        assert isinstance(call.args[0], ast.Constant)
        assert (call.func.id, call.args[0].value) == ("run_step", task.name)


def test_the_run_is_rendered_as_the_package_reads_it(dag: Any) -> None:
    from airflow.sdk.definitions.dag import DAG
    from airflow.utils.types import DagRunType

    from retraining.run import Run

    assert isinstance(dag, DAG)
    template = dag.get_task("ingest").op_args[0]

    class BundleInstance:
        version = "f" * 40

    class TaskInstance:
        bundle_instance = BundleInstance()

    class DagRun:
        run_type = DagRunType.BACKFILL_JOB
        data_interval_end = datetime(2026, 1, 4, tzinfo=UTC)

    params = {name: dag.params[name] for name in dag.params}
    text = (
        dag.get_template_env()
        .from_string(template)
        .render(
            dag=dag,
            dag_run=DagRun(),
            run_id="backfill__2026-01-01T00:00:00+00:00",
            ti=TaskInstance(),
            params=params,
            triggering_asset_events={},
        )
    )
    run = Run.from_json(text)
    assert (run.dag_id, run.dag_run_id) == (DAG_ID, "backfill__2026-01-01T00:00:00+00:00")
    assert (run.git_commit, run.seed) == ("f" * 40, 7)
    assert (run.as_of, run.auto_promote) == (DagRun.data_interval_end, False)


@pytest.mark.parametrize(
    ("auto_promote", "run_type", "require", "reason", "needed"),
    [
        (True, "manual", False, None, False),
        (True, "manual", True, None, True),
        (True, "asset_triggered", False, "it breaks clients", True),
        (True, "backfill", True, "it breaks clients", False),
        (False, "manual", True, "it breaks clients", False),
    ],
)
def test_somebody_is_asked_where_it_is_wanted_and_something_would_be_promoted(
    dag: Any, auto_promote: bool, run_type: str, require: bool, reason: str | None, needed: bool
) -> None:
    class TaskInstance:
        @staticmethod
        def xcom_pull(task_ids: str) -> Any:
            return {"register": {"needs_approval": reason}}[task_ids]

    text = (
        dag.get_template_env()
        .from_string(dag.get_task("approve").needed)
        .render(
            dag_run=type("DagRun", (), {"run_type": run_type}),
            ti=TaskInstance,
            params={"auto_promote": auto_promote, "require_approval": require},
        )
    )
    assert (text.strip().lower() not in ("", "false", "none")) == needed


def test_the_dossier_is_a_button_on_gates(dag: Any, serialized: Any) -> None:
    assert [link.name for link in serialized.get_task("gates").operator_extra_links] == ["Dossier"]


def test_the_dag_explains_itself(dag: Any) -> None:
    for task in TASKS:
        assert task in dag.doc_md
