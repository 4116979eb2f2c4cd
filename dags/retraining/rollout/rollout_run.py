"""One run of a DAG that watches a version on live traffic, as every task of it gets to know it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retraining.errors import ConfigurationError


@dataclass(frozen=True)
class RolloutRun:
    """The identity of a DAG run, and what it was asked to do."""

    dag_id: str
    dag_run_id: str
    version: str | None = None
    """The version that was named; None: the one that an alias points at."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """What is to be different from the plan of ROLLOUT_PLAN, or from the shipped one; of a rollout that begins."""
    again: bool = False
    """Whether a version whose rollout is over gets another one."""
    event: Mapping[str, str] = field(default_factory=dict)
    """What the promotion or the retraining that asked for this run said; empty where a person started it."""

    @property
    def by(self) -> str:
        """For the history of the rollout."""
        return f"airflow:{self.dag_id}/{self.dag_run_id}"

    @classmethod
    def from_json(cls, text: str) -> RolloutRun:
        """Reads what the DAG renders; ConfigurationError where it cannot be followed."""
        try:
            document = json.loads(text)
            params, event = document["params"], document.get("event") or {}
            version = str(params.get("version") or event.get("version") or "")
            plan = params.get("plan") or {}
            run = cls(
                dag_id=str(document["dag_id"]),
                dag_run_id=str(document["dag_run_id"]),
                version=version or None,
                plan=dict(plan),
                again=params.get("again") is True,
                event={str(key): str(value) for key, value in event.items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"the run cannot be read: {error!r}") from error
        if run.version is not None and not run.version.isdigit():
            raise ConfigurationError(f"version is {run.version!r}, not the number of a version")
        _check_numbers(run.plan, "plan")
        return run


def _check_numbers(value: Any, where: str) -> None:
    """JSON has no NaN, but Python's reads it; the serving command would refuse the whole file without saying where."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_numbers(item, f"{where}.{key}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ConfigurationError(f"{where} is {value}, not a number")
