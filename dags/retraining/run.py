"""One DAG run, as every task gets to know it: who runs, on what, with which choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from retraining.candidates import CANDIDATES, candidate_named
from retraining.dataset import scheme_of
from retraining.errors import ConfigurationError
from retraining.moments import parse_moment

VARIANTS = ("pruned", "int8")
"""Kinds of smaller models that can be made from a trained one; each candidate says which (see ``variants.py``)."""

LARGEST_SEARCH = 200
"""Trials: each is a task of its own in Airflow, and a search that needs more needs another search space."""

PROMOTIONS = ("direct", "rollout", "ci")
"""How a blessed version becomes champion: at once; by ``promote_challenger``, on the numbers of live traffic; or by CI,
whose people have to agree."""

_BACKFILL = "backfill"
"""Airflow's name for a run that ``airflow backfill create`` started."""


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
    """Never in a backfill: what was best then is no reason to replace what is best now."""
    as_of: datetime | None = None
    """Train on what was known at this moment (UTC); None: on what is known when the rows are fetched."""
    variants: tuple[str, ...] = ()
    search_trials: int = 0
    """Of all candidates together; 0: no search."""
    search_minutes: float = 30.0
    promotion: str = "direct"
    """One of ``PROMOTIONS``."""
    cause: Mapping[str, str] = field(default_factory=dict)
    """Why an event asked for the run: ``cause``, and ``reason``, ``report_url``, ``version``, ``source`` where they
    are known; empty where a person or the clock started it."""

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
                auto_promote=bool(params["auto_promote"]) and document.get("run_type") != _BACKFILL,
                as_of=_as_of(document, params),
                variants=tuple(params.get("variants") or ()),
                search_trials=int(params.get("search_trials") or 0),
                search_minutes=float(params.get("search_minutes") or cls.search_minutes),
                promotion=str(params.get("promotion") or cls.promotion),
                cause={str(key): str(value) for key, value in (document.get("cause") or {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"the run cannot be read: {error!r}") from error
        run._check()
        return run

    def _check(self) -> None:
        scheme_of(self.dataset_uri)
        for name in self.candidates:
            candidate_named(name)
        if len(set(self.candidates)) != len(self.candidates):
            raise ConfigurationError(f"a candidate is named twice: {', '.join(self.candidates)}")
        if unknown := set(self.variants) - set(VARIANTS):
            raise ConfigurationError(f"no variant {sorted(unknown)[0]!r}; there are {', '.join(VARIANTS)}")
        if not 0 <= self.search_trials <= LARGEST_SEARCH:
            raise ConfigurationError(f"search_trials is {self.search_trials}, not 0 to {LARGEST_SEARCH}")
        if self.promotion not in PROMOTIONS:
            raise ConfigurationError(f"promotion is {self.promotion!r}, not one of {', '.join(PROMOTIONS)}")
        if not self.search_minutes > 0:
            raise ConfigurationError(f"search_minutes is {self.search_minutes:g}, not more than 0")


def _as_of(document: dict[str, Any], params: dict[str, Any]) -> datetime | None:
    """The parameter; without it the end of a backfilled run's interval, and otherwise nothing: now."""
    text = params.get("as_of") or (document.get("interval_end") if document.get("run_type") == _BACKFILL else None)
    return parse_moment(str(text)) if text else None
