"""The experiment's runs in MLflow: one parent for a DAG run, one nested run for each candidate.

Runs are found by tag before they are created, so that a task that runs twice writes to the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME
from mlflow.utils.time import get_current_time_millis

from retraining.registry import translated
from retraining.settings import EXPERIMENT

_PIPELINE = "pipeline"
"""The ``candidate`` tag of a parent run, where no candidate can be called so."""

_LONGEST_REASON = 1_000
"""Characters, as of everything that is said elsewhere in full."""


class DagRun(Protocol):
    """What identifies a run of any of the DAGs."""

    @property
    def dag_id(self) -> str: ...  # noqa: D102
    @property
    def dag_run_id(self) -> str: ...  # noqa: D102
    @property
    def git_commit(self) -> str | None: ...  # noqa: D102


class Tracker:
    """The MLflow runs of one DAG run."""

    def __init__(
        self,
        run: DagRun,
        client: MlflowClient | None = None,
        *,
        experiment: str = EXPERIMENT,
        identity: Mapping[str, str] | None = None,
    ) -> None:
        """``identity``: further tags by which the runs are found, where DAG and run do not suffice."""
        self._run = run
        self._client = client or MlflowClient()
        self._experiment = experiment
        self._identity = dict(identity or {})

    def parent(self, tags: Mapping[str, str] | None = None) -> str:
        """The id of the DAG run's run, created on first use.

        Create it in a task that runs alone: two tasks that look at the same moment would make two.
        """
        return self._find_or_create(_PIPELINE, self._run.dag_run_id, dict(tags or {}))

    def candidate(self, name: str, tags: Mapping[str, str] | None = None) -> str:
        """The id of a candidate's run, below the parent."""
        return self._find_or_create(name, name, {MLFLOW_PARENT_RUN_ID: self.parent(), **(tags or {})})

    def log(
        self,
        run_id: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Parameters, metrics and tags in one request."""
        now = get_current_time_millis()
        with translated():
            self._client.log_batch(
                run_id,
                metrics=[Metric(name, value, now, 0) for name, value in (metrics or {}).items()],
                params=[Param(name, str(value)) for name, value in (parameters or {}).items()],
                tags=[RunTag(name, value) for name, value in (tags or {}).items()],
            )

    def log_text(self, run_id: str, name: str, text: str) -> None:
        """A text artifact."""
        with translated():
            self._client.log_text(run_id, text, name)

    def log_files(self, run_id: str, folder: str, files: Mapping[str, bytes]) -> None:
        """Artifacts by name, below ``folder``."""
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as scratch, translated():
            for name, content in files.items():
                (Path(scratch) / name).write_bytes(content)
            self._client.log_artifacts(run_id, scratch, folder)

    def fail(self, task: str, reason: str) -> None:
        """Closes the DAG run's run as failed, unless it is finished, and says which task it was and why.

        A later try may finish it; ``last_failure`` stays.
        """
        parent = self.parent()
        self.log(parent, tags={"last_failure": f"{task}: {reason}"[:_LONGEST_REASON]})
        with translated():
            status = self._client.get_run(parent).info.status
        if status == "RUNNING":
            self.finish(parent, failed=True)

    def finish(self, run_id: str, *, failed: bool = False) -> None:
        """Closes a run; tags may still be added."""
        with translated():
            self._client.set_terminated(run_id, "FAILED" if failed else "FINISHED")

    def _find_or_create(self, candidate: str, name: str, tags: dict[str, str]) -> str:
        identity = {"dag_id": self._run.dag_id, "dag_run_id": self._run.dag_run_id, "candidate": candidate}
        identity |= self._identity
        with translated():
            experiment_id = self._experiment_id()
            if found := self._oldest(experiment_id, identity):
                return found
            commit = self._run.git_commit or "none"
            created = self._client.create_run(
                experiment_id, tags={MLFLOW_RUN_NAME: name, "git_commit": commit, **identity, **tags}
            )
            # There may be two: MLflow's client repeats a request whose answer was lost. All tasks take the same.
            run_id = str(created.info.run_id)
            oldest = self._oldest(experiment_id, identity) or run_id
            if oldest != run_id:
                self._client.delete_run(run_id)
            return oldest

    def _oldest(self, experiment_id: str, identity: Mapping[str, str]) -> str | None:
        found = self._client.search_runs(
            [experiment_id],
            " and ".join(f"tags.{key} = '{value}'" for key, value in identity.items()),
            max_results=1,
            order_by=["attributes.start_time ASC"],
        )
        return str(found[0].info.run_id) if found else None

    def _experiment_id(self) -> str:
        experiment = self._client.get_experiment_by_name(self._experiment)
        return str(experiment.experiment_id if experiment else self._client.create_experiment(self._experiment))
