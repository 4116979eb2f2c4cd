"""Compares live traffic with what the champion was trained on, and asks for a retraining where that is needed.

A table of contents: what each task does is in ``retraining/monitoring/tasks/``, a file a task.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task

from orchestration.assets import RETRAINING_REQUESTED
from orchestration.deadline import finish_within
from orchestration.monitoring_dag import DEFAULT_ARGS, IN_TRAINING, PARAMS, RUN
from orchestration.retraining_request import emit_request
from orchestration.retraining_request import running_retrainings as count_retrainings
from orchestration.schedules import at


@dag(
    dag_id="drift_detection",
    description="Measure drift against the champion's reference; ask for a retraining where it is sustained.",
    schedule=at("30 2 * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    deadline=finish_within(timedelta(minutes=45)),
    params=PARAMS,
    default_args=DEFAULT_ARGS,
    tags=["credit-scoring", "monitoring"],
    doc_md="""
    ### Credit scoring: drift, and when to retrain

    `join_outcomes -> measure_drift -> decide_retraining -> report_drift -> request_retraining`, with
    `running_retrainings` asked before the decision.

    | what you see | what it means |
    | --- | --- |
    | `join_outcomes` skipped | `FEEDBACK_URI` is not set, or nothing was predicted; the log says which |
    | `measure_drift` skipped | there is no champion to have drifted from |
    | `request_retraining` skipped | nothing is sustained, or something stands against it; the log says what |
    | `request_retraining` green | an event of asset `credit_scoring_retraining_requested`: a retraining starts |

    A retraining is asked for when drift, or a live AUC below the holdout's, is found in several evaluations of the same
    champion in a row, or when the champion's training data is too old. Not while one runs, not twice within the
    cooldown, not of a champion that is too young, and not without labels to learn from. The report, with pictures, is
    in MLflow, experiment `credit-scoring-monitoring`, `drift/report.html`; with `PUSHGATEWAY_URL`, `model_drift_*` are
    in Prometheus.
    Thresholds: `retraining/monitoring/monitoring.yaml`.
    """,
)
def drift_detection() -> None:
    """Join, measure drift, decide, report, ask."""

    @task
    def running_retrainings(ti: Any = None) -> str:
        """Count retrainings that run or wait."""
        return count_retrainings(ti)

    @task.external_python(**IN_TRAINING)
    def join_outcomes(run: str) -> dict[str, Any]:
        """Join logged predictions with their outcomes."""
        from retraining.step import run_step

        return run_step("join_outcomes", run)

    @task.external_python(**IN_TRAINING)
    def measure_drift(run: str) -> dict[str, Any]:
        """Compare the latest traffic with the champion's reference."""
        from retraining.step import run_step

        return run_step("measure_drift", run)

    @task.external_python(**IN_TRAINING)
    def decide_retraining(run: str, running: str) -> dict[str, Any]:
        """Record this evaluation and decide with the earlier ones."""
        from retraining.step import run_step

        return run_step("decide_retraining", run, running=running)

    @task.external_python(**IN_TRAINING)
    def report_drift(run: str) -> dict[str, Any]:
        """Write the report to MLflow and push to Prometheus."""
        from retraining.step import run_step

        return run_step("report_drift", run)

    @task(outlets=[RETRAINING_REQUESTED])
    def request_retraining(report: dict[str, Any], *, outlet_events: Any = None) -> None:
        """Ask for a retraining, with cause and report."""
        emit_request(report, outlet_events)

    report = report_drift(RUN)
    join_outcomes(RUN) >> measure_drift(RUN) >> decide_retraining(RUN, running_retrainings()) >> report
    request_retraining(report)


drift_detection()
