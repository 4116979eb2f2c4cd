"""One DAG run, as every task gets to know it: who runs, on what, with which choices."""

from __future__ import annotations

import json
from dataclasses import dataclass

from retraining.candidates import CANDIDATES, candidate_named
from retraining.dataset import scheme_of
from retraining.errors import ConfigurationError


@dataclass(frozen=True)
class Run:
    """The identity and the parameters of a DAG run."""

    dag_id: str
    dag_run_id: str
    git_commit: str | None
    """The DAG bundle's version; None where the bundle is not under version control."""
    dataset_uri: str
    """May hold credentials: show ``public_uri`` of it."""
    seed: int
    candidates: tuple[str, ...]
    auto_promote: bool

    @classmethod
    def from_json(cls, text: str) -> Run:
        """Reads what the DAG renders; ConfigurationError where a parameter cannot be followed.

        Airflow checks the parameters of a triggered run already; here they are checked for every caller.
        """
        try:
            document = json.loads(text)
            params = document["params"]
            run = cls(
                dag_id=str(document["dag_id"]),
                dag_run_id=str(document["dag_run_id"]),
                git_commit=document["bundle_version"] or None,
                dataset_uri=str(params["dataset_uri"]),
                seed=int(params["seed"]),
                candidates=tuple(params.get("candidates") or CANDIDATES),
                auto_promote=bool(params["auto_promote"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"the run cannot be read: {error!r}") from error
        scheme_of(run.dataset_uri)
        for name in run.candidates:
            candidate_named(name)
        if len(set(run.candidates)) != len(run.candidates):
            raise ConfigurationError(f"a candidate is named twice: {', '.join(run.candidates)}")
        return run
