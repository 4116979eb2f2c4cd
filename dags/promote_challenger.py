"""Takes a challenger to champion by live traffic: shadow, canary, promotion, baking.

A table of contents: what each task does is in ``retraining/rollout/``, a file a task.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from orchestration.assets import ROLLOUT_REQUESTED
from orchestration.dossier_link import DossierLink
from orchestration.rollout_dag import DEFAULT_ARGS, IN_TRAINING, LONGEST, PLAN, RUN, event_of, until_over

PARAMS = {
    "version": Param(
        "",
        type="string",
        pattern="^[0-9]*$",
        title="Version",
        description="Number of the version. Empty: that of the request, or of the alias challenger.",
    ),
    "plan": PLAN,
    "again": Param(
        False,
        type="boolean",
        title="Begin again",
        description="Off: of a version whose rollout is over, the run says how it ended. On: it gets another one.",
    ),
}


@dag(
    dag_id="promote_challenger",
    description="Shadow, canary in steps, promotion and baking of one version, each on the numbers of live traffic.",
    schedule=[ROLLOUT_REQUESTED],
    catchup=False,
    # Two rollouts would compare with each other's traffic; of one version, they would be the same one.
    max_active_runs=1,
    dagrun_timeout=LONGEST,
    # It runs when it is asked to, and whoever asks should not have to remember this.
    is_paused_upon_creation=False,
    params=PARAMS,
    user_defined_macros={"event_of": event_of},
    default_args=DEFAULT_ARGS,
    tags=["credit-scoring", "live-traffic"],
    doc_md="""
    ### Credit scoring: a challenger on live traffic

    `resolve_challenger -> rollout -> report`

    | what you see | what it means |
    | --- | --- |
    | `resolve_challenger` skipped | no version has the alias `challenger` |
    | `rollout` waits (up for reschedule) | it looks again soon; the end of its log says where the rollout stands |
    | ... and its log says `paused` | the numbers are too few, or Prometheus is away; nothing moves until they come |
    | `rollout` failed, `aborted` | it is worse, or not proved in time, or somebody moved the champion or the traffic |
    | | meanwhile; the log says which. The champion never moved, canary and shadow are gone |
    | `rollout` failed, `rolled back` | it was champion and is in quarantine; the former champion answers again |
    | `report` | every decision with its reason, as a table in its log; also of a rollout that goes on |

    The rollout itself is in the registry, not in this run: clear `rollout`, or trigger the version again, and it goes
    on where it stands; one that is over begins anew with *Begin again* alone. Marking the run as failed stops the
    looking and leaves the traffic as it is; what to do then is in `dags/OPERATIONS.md`. Steps, bounds and tests:
    `serving/docs/live-traffic.md`.
    """,
)
def promote_challenger() -> None:
    """Resolve the version, look until its rollout is over, report."""

    @task.external_python(**IN_TRAINING)
    def resolve_challenger(run: str) -> dict[str, Any]:
        """Say which version it is, once for the whole run."""
        from retraining.step import run_step

        return run_step("resolve_challenger", run)

    @task.external_python(**IN_TRAINING)
    def report(run: str, version: str) -> dict[str, Any]:
        """Show every decision and its numbers."""
        from retraining.step import run_step

        return run_step("report", run, version=version)

    resolved = resolve_challenger(RUN)
    resolved.operator.operator_extra_links = (DossierLink(),)
    version = "{{ (ti.xcom_pull(task_ids='resolve_challenger') or {}).get('version', '') }}"
    approved_by = "{{ (ti.xcom_pull(task_ids='resolve_challenger') or {}).get('approved_by', '') }}"
    # A teardown: it runs however the rollout went, and has no say in how the run is judged.
    (
        resolved
        >> until_over("rollout", version=version, begin="shadow", approved_by=approved_by)
        >> report(RUN, version).as_teardown()
    )


promote_challenger()
