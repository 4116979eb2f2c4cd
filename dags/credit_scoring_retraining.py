"""Retrains the credit scoring model and promotes it if it is better.

A table of contents: what each task does is in ``retraining/pipeline/``, a file a task. Tasks run in
the training environment, as processes of their own, so that Airflow's environment holds no training library.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from orchestration.assets import PROMOTION_OUTCOME
from orchestration.deadline import finish_within
from orchestration.dossier_link import DossierLink
from orchestration.permanent_failures import PermanentFailures
from orchestration.promotion_approval import PromotionApproval
from orchestration.promotion_outcome import announce_promotion
from orchestration.retraining_request import cause_of
from orchestration.schedules import on_request_or_at

# The codes of retraining.step, which is not imported: a task's process is another environment's.
NOTHING_TO_DO = 99
CANNOT_GET_BETTER = 65

CANDIDATES = ["gradient_boosting", "neural_network"]
VARIANTS = ["pruned", "int8"]
PROMOTIONS = ["direct", "rollout", "ci"]
LARGEST_SEARCH = 200
APPROVAL_TIMEOUT = timedelta(hours=float(os.environ.get("APPROVAL_TIMEOUT_HOURS") or 24))

PARAMS = {
    "dataset_uri": Param(
        os.environ.get("DATASET_URI") or "synthetic:",
        type="string",
        minLength=1,
        title="Data set",
        description="file:, https: or s3: URI of a CSV or Parquet table, a path, or synthetic:?rows=30000&seed=7",
    ),
    "as_of": Param(
        "",
        type="string",
        title="As of",
        description="ISO date or timestamp (UTC): train on what was known then. Empty: now; in a backfill, the end of"
        " the run's interval. Needs a data set with APPLIED_AT and LABEL_OBSERVED_AT.",
    ),
    "seed": Param(7, type="integer", minimum=0, maximum=2**32 - 1, description="Seed of the training itself."),
    "candidates": Param(
        CANDIDATES,
        type="array",
        items={"type": "string", "enum": CANDIDATES},
        minItems=1,
        uniqueItems=True,
        description="Which models compete.",
    ),
    "variants": Param(
        VARIANTS,
        type="array",
        items={"type": "string", "enum": VARIANTS},
        uniqueItems=True,
        description="Which smaller models of them compete too: with fewer trees or units, or in 8-bit integers.",
    ),
    "search_trials": Param(
        0,
        type="integer",
        minimum=0,
        maximum=LARGEST_SEARCH,
        title="Search: trials",
        description="How many parameters to try before training, all candidates together; 0: none.",
    ),
    "search_minutes": Param(
        30,
        type="number",
        exclusiveMinimum=0,
        maximum=24 * 60,
        title="Search: minutes",
        description="After these, trials that have not finished are skipped, and the best so far is trained.",
    ),
    "auto_promote": Param(
        True,
        type="boolean",
        title="Promote automatically",
        description="Off, and in a backfill: the blessed version keeps the alias challenger until someone promotes it.",
    ),
    "require_approval": Param(
        os.environ.get("REQUIRE_APPROVAL") == "true",
        type="boolean",
        title="Ask before promoting",
        description="A person approves or rejects in Airflow (Required Actions); no answer in time is a no. Always"
        " asked where a gate wants it.",
    ),
    "promotion": Param(
        os.environ.get("PROMOTION") or "direct",
        type="string",
        enum=PROMOTIONS,
        title="How to promote",
        description="direct: champion moves, and champion_baking watches it. rollout: promote_challenger first lets the"
        " version answer little live traffic, then more. The first champion comes directly in any case. ci: the"
        " workflow promote-model.yml of PROMOTION_REPOSITORY is asked, whose people have to agree.",
    ),
}

# What a task gets to know of its run: rendered by Airflow, read by retraining.run.
RUN = (
    "{{ {'dag_id': dag.dag_id, 'dag_run_id': run_id,"
    " 'bundle_version': ti.bundle_instance.version, 'run_type': dag_run.run_type | string,"
    " 'interval_end': (dag_run.data_interval_end or '') | string, 'params': params,"
    " 'cause': cause_of(triggering_asset_events)} | tojson }}"
)

# Why somebody is asked; nothing where nobody is: who promotes by hand later decides then.
APPROVAL_NEEDED = (
    "{{ (params.require_approval or (ti.xcom_pull(task_ids='register') or {}).get('needs_approval'))"
    " if params.auto_promote and dag_run.run_type != 'backfill' else '' }}"
)
APPROVAL = "{{ ti.xcom_pull(task_ids='approve') | tojson }}"

IN_TRAINING: dict[str, Any] = {
    "python": os.environ.get("TRAINING_PYTHON", "python3"),
    "expect_airflow": False,
    "skip_on_exit_code": NOTHING_TO_DO,
}


@dag(
    dag_id="credit_scoring_retraining",
    description="Retrain, prove and promote the credit scoring model.",
    # Sunday midnight, and whenever something asks for it: drift, an alert, a message.
    schedule=on_request_or_at("0 0 * * 0"),
    catchup=False,
    max_active_runs=1,
    # A run that waits for a person is not stuck; a task that is has a time-out of its own.
    dagrun_timeout=timedelta(hours=2) + APPROVAL_TIMEOUT,
    deadline=finish_within(timedelta(hours=2)),
    params=PARAMS,
    user_defined_macros={"cause_of": cause_of},
    default_args={
        "owner": "credit-scoring",
        "retries": 2,
        "retry_delay": timedelta(seconds=20),
        "retry_policy": PermanentFailures(CANNOT_GET_BETTER),
        "execution_timeout": timedelta(minutes=30),
    },
    tags=["credit-scoring", "retraining"],
    doc_md="""
    ### Credit scoring: retraining

    `ingest -> validate -> plan_search -> search -> train -> export -> validate_conversion -> evaluate -> gates
    -> register -> bless -> approve -> promote`

    | what you see | what it means |
    | --- | --- |
    | `validate` failed | the data set breaks rules; the log holds a table of columns, rules, counts and rows |
    | `search` skipped | no search was asked for, or its minutes were over; the best trial so far is trained |
    | `validate_conversion` failed | the ONNX graph does not score as the trainer does |
    | `gates` green, `register` skipped | no candidate is good enough; the log and the MLflow run say why |
    | `bless` failed | the log says why: the serving runtime refused the candidate, or may not use the registry |
    | `approve` waits | someone has to say yes under *Required Actions*; no answer in time is a no |
    | `promote` skipped | rejected, *Promote automatically* was off, or a backfill; the version stays `challenger` |
    | `promote` green | champion has moved; by *How to promote*, `promote_challenger` has been asked instead |
    | `promote` failed | another version became champion meanwhile; trigger again to compare with it |

    The champion stays in every case but a green `promote`, after which `champion_baking` watches the new one. All tasks
    may be cleared and run again.
    Evidence is in MLflow, experiment `credit-scoring-retraining`: one run per DAG run. The task `gates` has a button
    that opens the dossier. What started a run that nobody triggered is in its tags there (`cause`).

    A search is one task a trial. Clear `plan_search` and what follows to give it its minutes anew: trials that have
    finished are not repeated. A backfill (`airflow backfill create`) trains on what was known at the end of each
    interval and promotes nothing.
    """,
)
def credit_scoring_retraining() -> None:
    """Ingest, validate, search, train, export, convert, evaluate, judge, register, bless, ask, promote."""

    @task.external_python(**IN_TRAINING)
    def ingest(run: str) -> dict[str, Any]:
        """Fetch the data set."""
        from retraining.step import run_step

        return run_step("ingest", run)

    @task.external_python(**IN_TRAINING)
    def validate(run: str) -> list[str]:
        """Check every rule of the data set; returns the candidates to train on it."""
        from retraining.step import run_step

        return run_step("validate", run)["candidates"]

    @task.external_python(**IN_TRAINING)
    def plan_search(run: str) -> list[dict[str, Any]]:
        """Say which trials to make before training; returns them."""
        from retraining.step import run_step

        return run_step("plan_search", run)["trials"]

    # Trials run side by side: threads of their own would only get in each other's way.
    @task.external_python(**IN_TRAINING, max_active_tis_per_dagrun=8, env_vars={"OMP_NUM_THREADS": "1"})
    def search(run: str, trial: dict[str, Any]) -> dict[str, Any]:
        """Cross-validate one choice of parameters."""
        from retraining.step import run_step

        return run_step("search", run, candidate=trial["candidate"], number=trial["number"])

    # Skipped trials, or none at all, are no reason not to train; a failed one is.
    @task.external_python(**IN_TRAINING, trigger_rule="none_failed")
    def train(run: str, candidate: str) -> dict[str, Any]:
        """Fit a candidate and log it to MLflow."""
        from retraining.step import run_step

        return run_step("train", run, candidate=candidate)

    @task.external_python(**IN_TRAINING)
    def export(run: str, candidate: str) -> dict[str, Any]:
        """Convert a candidate to ONNX and pack it."""
        from retraining.step import run_step

        return run_step("export", run, candidate=candidate)

    @task.external_python(**IN_TRAINING)
    def validate_conversion(run: str, candidate: str) -> dict[str, Any]:
        """Compare the graph's scores with the trainer's, row by row."""
        from retraining.step import run_step

        return run_step("validate_conversion", run, candidate=candidate)

    @task.external_python(**IN_TRAINING)
    def evaluate(run: str) -> dict[str, Any]:
        """Measure candidates and champion on the same holdout."""
        from retraining.step import run_step

        return run_step("evaluate", run)

    @task.external_python(**IN_TRAINING)
    def gates(run: str) -> dict[str, Any]:
        """Judge the candidates."""
        from retraining.step import run_step

        return run_step("gates", run)

    @task.external_python(**IN_TRAINING)
    def register(run: str) -> dict[str, Any]:
        """Register the best candidate as challenger."""
        from retraining.step import run_step

        return run_step("register", run)

    @task.external_python(**IN_TRAINING)
    def bless(run: str) -> dict[str, Any]:
        """Load and query the version in the serving runtime."""
        from retraining.step import run_step

        return run_step("bless", run)

    approve = PromotionApproval(
        task_id="approve",
        needed=APPROVAL_NEEDED,
        subject="Promote version {{ ti.xcom_pull(task_ids='register')['version'] }} of {{ dag.dag_id }}?",
        body="{{ ti.xcom_pull(task_ids='register')['summary'] }}",
        params={"note": Param("", type="string", title="Note", description="Stands in the promotion history.")},
        response_timeout=APPROVAL_TIMEOUT,
    )

    @task.external_python(**IN_TRAINING, outlets=[PROMOTION_OUTCOME], post_execute=announce_promotion)
    def promote(run: str, approval: str) -> dict[str, Any]:
        """Move champion, or ask for a rollout, if it still is the one compared against and nobody has said no."""
        from retraining.step import run_step

        return run_step("promote", run, approval=approval)

    candidates = validate(RUN)
    trials = plan_search(RUN)
    judged = gates(RUN)
    judged.operator.operator_extra_links = (DossierLink(),)
    (
        ingest(RUN)
        >> candidates
        >> trials
        >> search.partial(run=RUN).expand(trial=trials)
        >> train.partial(run=RUN).expand(candidate=candidates)
        >> export.partial(run=RUN).expand(candidate=candidates)
        >> validate_conversion.partial(run=RUN).expand(candidate=candidates)
        >> evaluate(RUN)
        >> judged
        >> register(RUN)
        >> bless(RUN)
        >> approve
        >> promote(RUN, APPROVAL)
    )


credit_scoring_retraining()
