"""The monitoring DAGs as Airflow parses them, and what they tell each other."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

DAGS = Path(__file__).parents[2]
FILES = sorted(path.stem for path in DAGS.glob("*.py"))
MONITORING = {
    "model_quality_monitoring": (
        "5 * * * *",
        {"check_freshness", "join_outcomes", "measure_quality", "estimate_quality", "publish_quality"},
    ),
    "drift_detection": (
        "30 2 * * *",
        {
            "join_outcomes",
            "measure_drift",
            "running_retrainings",
            "decide_retraining",
            "report_drift",
            "request_retraining",
        },
    ),
}


@pytest.fixture(scope="module")
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    return bag


def test_every_dag_file_holds_the_dag_of_its_name_and_nothing_else_is_parsed(bag: Any) -> None:
    assert sorted(bag.dags) == FILES


@pytest.mark.parametrize("name", FILES)
def test_parsing_imports_no_training_library(name: str) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(DAGS)!r})
import {name}
heavy = ("sklearn", "mlflow", "pandas", "onnx", "onnxruntime", "numpy", "pyarrow", "retraining", "confluent_kafka")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", MONITORING)
def test_schedule_retries_deadline_and_docs(bag: Any, name: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    cron, tasks = MONITORING[name]
    dag = bag.dags[name]
    serialized = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert serialized.timetable.serialize()["expression"] == cron
    first = serialized.next_dagrun_info(last_automated_run_info=None)
    assert first is not None
    assert first.run_after > datetime.now(UTC), "to unpause it starts no run"
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert {task.task_id for task in dag.tasks} == tasks
    for task in dag.tasks:
        assert task.retries == 2
        assert task.task_id in dag.doc_md
    [deadline] = dag.deadline if isinstance(dag.deadline, list) else [dag.deadline]
    assert deadline.interval < dag.dagrun_timeout
    assert deadline.callback.path == "orchestration.deadline.report_missed_deadline"


@pytest.mark.parametrize("name", MONITORING)
def test_every_training_task_makes_one_call_of_its_own_name(name: str) -> None:
    tree = ast.parse((DAGS / f"{name}.py").read_text(encoding="utf-8"))
    tasks = (DAGS / "retraining" / "monitoring" / "tasks" / "__init__.py").read_text(encoding="utf-8")
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for task in (node for node in function.body if isinstance(node, ast.FunctionDef)):
        [call] = [node for node in ast.walk(ast.Module(task.body, [])) if isinstance(node, ast.Call)]
        assert isinstance(call.func, ast.Name)
        if call.func.id == "run_step":
            assert isinstance(call.args[0], ast.Constant)
            assert call.args[0].value == task.name
            assert f'    "{task.name}",' in tasks


def test_tasks_run_in_order(bag: Any) -> None:
    quality, drift = bag.dags["model_quality_monitoring"], bag.dags["drift_detection"]
    assert quality.get_task("publish_quality").upstream_task_ids == {"measure_quality", "estimate_quality"}
    assert quality.get_task("check_freshness").upstream_task_ids == set()
    assert drift.get_task("decide_retraining").upstream_task_ids == {"measure_drift", "running_retrainings"}
    assert drift.get_task("request_retraining").upstream_task_ids == {"report_drift"}


def test_the_run_is_rendered_as_the_package_reads_it(bag: Any) -> None:
    dag = bag.dags["drift_detection"]
    template = dag.get_task("measure_drift").op_args[0]
    instance = SimpleNamespace(bundle_instance=SimpleNamespace(version="f" * 40))
    text = dag.get_template_env().from_string(template).render(
        dag=dag, run_id="manual__1", ti=instance, params={"as_of": "2026-11-01"}
    )  # fmt: skip
    assert json.loads(text) == {
        "dag_id": "drift_detection",
        "dag_run_id": "manual__1",
        "bundle_version": "f" * 40,
        "params": {"as_of": "2026-11-01"},
    }


def test_the_dags_know_the_codes_of_the_package() -> None:
    from orchestration import monitoring_dag
    from retraining import step

    assert (monitoring_dag.NOTHING_TO_DO, monitoring_dag.CANNOT_GET_BETTER) == (step.SKIPPED, step.PERMANENT)


REPORT = {"request": True, "cause": "drift", "reason": "3 in a row", "report_url": "http://m/#/r", "version": "7"}


def test_a_request_is_an_event_that_says_why() -> None:
    from orchestration.assets import RETRAINING_REQUESTED
    from orchestration.retraining_request import emit_request

    events = {RETRAINING_REQUESTED: SimpleNamespace(extra={})}

    class Outlets:
        def __getitem__(self, asset: Any) -> Any:
            return next(event for known, event in events.items() if known == asset)

    emit_request(REPORT, Outlets())
    [event] = events.values()
    assert event.extra == {name: REPORT[name] for name in ("cause", "reason", "report_url", "version")} | {
        "source": "drift_detection"
    }


def test_where_nothing_is_asked_for_there_is_no_event() -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from orchestration.retraining_request import emit_request

    with pytest.raises(AirflowSkipException, match="3 in a row"):
        emit_request({**REPORT, "request": False}, None)


@pytest.mark.parametrize(
    ("extra", "cause"),
    [
        ({"cause": "drift", "version": "7"}, {"cause": "drift", "version": "7"}),
        ({"from_trigger": True, "payload": {"cause": "alert", "reason": "r"}}, {"cause": "alert", "reason": "r"}),
        ({"from_trigger": True, "payload": "text"}, {"cause": "asset_event"}),
        ({}, {"cause": "asset_event"}),
        ({"cause": "drift", "other": "x", "report_url": None}, {"cause": "drift"}),
    ],
)
def test_a_run_knows_why_it_was_asked_for(extra: dict[str, Any], cause: dict[str, str]) -> None:
    from orchestration.retraining_request import cause_of

    old = SimpleNamespace(timestamp=datetime(2026, 1, 1, tzinfo=UTC), extra={"cause": "old"})
    new = SimpleNamespace(timestamp=datetime(2026, 1, 2, tzinfo=UTC), extra=extra)
    assert cause_of({"asset": [new, old]}) == cause
    assert cause_of({}) == {}


def accept(value: bytes | None) -> dict[str, str] | None:
    sys.path.insert(0, str(DAGS / "plugins"))
    try:
        from retraining_request_message import accept_message
    finally:
        sys.path.pop(0)
    accepted: dict[str, str] | None = accept_message(SimpleNamespace(value=lambda: value, offset=lambda: 7))
    return accepted


def test_a_well_formed_message_is_a_request() -> None:
    message = {"cause": "alert", "reason": "ModelQualityLow is firing", "report_url": "https://g/d", "version": "7"}
    assert accept(json.dumps(message).encode()) == {**message, "source": "kafka"}
    assert accept(b'{"cause": "drift"}') == {"cause": "drift", "source": "kafka"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"retrain!",
        b"\xff",
        b"[]",
        b"{}",
        b'{"cause": ""}',
        b'{"cause": 1}',
        b'{"cause": "a", "reason": ["x"]}',
        b'{"cause": "a\\u0007b"}',
        b'{"cause": "a", "command": "rm"}',
        b'{"cause": "a", "report_url": "javascript:alert(1)"}',
        json.dumps({"cause": "a" * 101}).encode(),
        b'{"cause": "' + b"a" * 20_000 + b'"}',
        b"[" * 10_000,
    ],
)
def test_a_malformed_message_triggers_nothing_and_is_not_quoted(
    value: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert accept(value) is None
    assert "passed over (offset 7)" in caplog.text
    assert "retrain!" not in caplog.text
    assert "javascript" not in caplog.text


def test_the_topic_is_watched_where_a_broker_is_named() -> None:
    script = f"""
import sys
sys.path[:0] = [{str(DAGS)!r}, {str(DAGS / "plugins")!r}]
from orchestration.assets import RETRAINING_REQUESTED
import json
print(json.dumps([watcher.trigger.serialize() for watcher in RETRAINING_REQUESTED.watchers]))
"""
    for servers, watchers in (("", 0), ("127.0.0.1:9092", 1)):
        environment = os.environ | {"RETRAINING_REQUESTS_KAFKA": servers}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        assert len(found) == watchers
    [[path, arguments]] = found
    assert path.endswith("AwaitMessageTrigger")
    assert arguments["topics"] == ["retraining-requests"]
    assert arguments["kafka_config_id"] == "retraining_requests"
    module, _, function = arguments["apply_function"].rpartition(".")
    assert f"def {function}(" in (DAGS / "plugins" / f"{module}.py").read_text(encoding="utf-8")


CONTEXT = {"dag_run": {"dag_id": "drift_detection", "dag_run_id": "r"}, "deadline": {"deadline_time": "now"}}


def test_a_missed_deadline_is_an_error_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.deadline import report_missed_deadline

    monkeypatch.delenv("PUSHGATEWAY_URL", raising=False)
    report_missed_deadline(CONTEXT)
    assert "run r of drift_detection is not over by its deadline" in caplog.text


def test_a_pushgateway_that_is_away_costs_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.deadline import report_missed_deadline

    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        monkeypatch.setenv("PUSHGATEWAY_URL", f"http://127.0.0.1:{closed.server_port}")
    report_missed_deadline(CONTEXT)
    assert "the missed deadline is not pushed: URLError" in caplog.text


def test_a_missed_deadline_is_pushed_where_there_is_a_pushgateway(monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.deadline import report_missed_deadline

    received: list[tuple[str, str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.command, self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    monkeypatch.setenv("PUSHGATEWAY_URL", f"http://127.0.0.1:{server.server_port}/")
    report_missed_deadline(CONTEXT)
    thread.join(timeout=10)
    server.server_close()
    [(method, path, body)] = received
    assert (method, path) == ("PUT", "/metrics/job/airflow_deadlines/dag_id/drift_detection")
    value = float(body.splitlines()[-1].split()[1])
    assert abs(datetime.now(UTC) - datetime.fromtimestamp(value, UTC)) < timedelta(minutes=1)
