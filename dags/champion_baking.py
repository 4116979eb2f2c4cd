"""Watches a new champion for a while, and moves back to the former one if it does worse.

A table of contents: what each task does is in ``retraining/rollout/``, a file a task.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from orchestration.assets import CHAMPION_PROMOTED
from orchestration.rollout_dag import DEFAULT_ARGS, IN_TRAINING, LONGEST, PLAN, RUN, event_of, until_over


@dag(
    dag_id="champion_baking",
    description="Watch the champion after a promotion; move back by itself on a breach.",
    schedule=[CHAMPION_PROMOTED],
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=LONGEST,
    # Nobody should have to remember to switch a safety net on.
    is_paused_upon_creation=False,
    params={"plan": PLAN},
    user_defined_macros={"event_of": event_of},
    default_args=DEFAULT_ARGS,
    tags=["credit-scoring", "live-traffic"],
    doc_md="""
    ### Credit scoring: the first hour of a champion

    `find_promoted -> baking -> report`, after each promotion by `credit_scoring_retraining`. After one by hand,
    trigger it. A version that came by `promote_challenger` has been watched there.

    | what you see | what it means |
    | --- | --- |
    | `find_promoted` skipped | nobody watches this champion, and the log says why: it is the first, or there is no |
    | | Prometheus (`PROMETHEUS_URL`; on one machine `make monitoring-up`) |
    | `find_promoted` failed | Prometheus or MLflow did not answer for a while; clear it |
    | `baking` waits (up for reschedule) | it looks again soon; the last line of its log says what it sees |
    | `baking` failed, `rolled back` | the former champion answers again, this one is in quarantine, an alert has told |
    | `baking` failed, `aborted` | in all its time there was too little traffic to judge by; this champion stays |
    | `baking` green | no harm was seen, or another champion has come since; the log says which |
    | `report` | every decision with its reason, as a table in its log |

    Waiting takes no slot: a retraining may run meanwhile. Bounds and tests: `serving/docs/live-traffic.md`.
    """,
)
def champion_baking() -> None:
    """Find what was promoted, look until it has proved itself, report."""

    @task.external_python(**IN_TRAINING)
    def find_promoted(run: str) -> dict[str, Any]:
        """Say which version is watched, if anybody can."""
        from retraining.step import run_step

        return run_step("find_promoted", run)

    @task.external_python(**IN_TRAINING)
    def report(run: str, version: str) -> dict[str, Any]:
        """Show every decision and its numbers."""
        from retraining.step import run_step

        return run_step("report", run, version=version)

    version = "{{ (ti.xcom_pull(task_ids='find_promoted') or {}).get('version', '') }}"
    # A teardown: it runs however the baking went, and has no say in how the run is judged.
    find_promoted(RUN) >> until_over("baking", version=version, begin="baking") >> report(RUN, version).as_teardown()


champion_baking()
