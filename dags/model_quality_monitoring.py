"""Watches how good the serving model's predictions turn out to be.

A table of contents: what each task does is in ``retraining/monitoring/tasks/``, a file a task.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task

from orchestration.deadline import finish_within
from orchestration.monitoring_dag import DEFAULT_ARGS, IN_TRAINING, PARAMS, RUN
from orchestration.schedules import at


@dag(
    dag_id="model_quality_monitoring",
    description="Join predictions with outcomes; measure, estimate and publish their quality.",
    schedule=at("5 * * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=50),
    deadline=finish_within(timedelta(minutes=40)),
    params=PARAMS,
    default_args=DEFAULT_ARGS,
    tags=["credit-scoring", "monitoring"],
    doc_md="""
    ### Credit scoring: quality of the serving model

    `join_outcomes -> measure_quality, estimate_quality -> publish_quality`, and `check_freshness` beside them.

    | what you see | what it means |
    | --- | --- |
    | `join_outcomes` skipped | `FEEDBACK_URI` is not set, or nothing was predicted; the log says which |
    | `check_freshness` skipped | there is no champion |
    | `check_freshness` warns that the champion is STALE | its training data is older than `freshness.max_age_days` |
    | `publish_quality` failed | MLflow or the Pushgateway did not answer; clear it to try again |

    Predictions of the last `feedback.window_days` are joined again every time: labels may come late. Estimates are made
    without labels (CBPE) for every whole day, kept, and held against what came once it is known.
    Numbers are in MLflow, experiment `credit-scoring-monitoring`, and with `PUSHGATEWAY_URL` in Prometheus as
    `model_quality_*` and `model_champion_data_age_seconds`. Thresholds: `retraining/monitoring/monitoring.yaml`.
    """,
)
def model_quality_monitoring() -> None:
    """Check freshness; join, measure, estimate, publish."""

    @task.external_python(**IN_TRAINING)
    def check_freshness(run: str) -> dict[str, Any]:
        """Say how old the champion's training data is."""
        from retraining.step import run_step

        return run_step("check_freshness", run)

    @task.external_python(**IN_TRAINING)
    def join_outcomes(run: str) -> dict[str, Any]:
        """Join logged predictions with their outcomes."""
        from retraining.step import run_step

        return run_step("join_outcomes", run)

    @task.external_python(**IN_TRAINING)
    def measure_quality(run: str) -> dict[str, Any]:
        """Measure every version and slice."""
        from retraining.step import run_step

        return run_step("measure_quality", run)

    @task.external_python(**IN_TRAINING)
    def estimate_quality(run: str) -> dict[str, Any]:
        """Estimate quality before labels; compare earlier estimates with what came."""
        from retraining.step import run_step

        return run_step("estimate_quality", run)

    @task.external_python(**IN_TRAINING)
    def publish_quality(run: str) -> dict[str, Any]:
        """Log to MLflow and push to Prometheus."""
        from retraining.step import run_step

        return run_step("publish_quality", run)

    check_freshness(RUN)
    join_outcomes(RUN) >> [measure_quality(RUN), estimate_quality(RUN)] >> publish_quality(RUN)


model_quality_monitoring()
