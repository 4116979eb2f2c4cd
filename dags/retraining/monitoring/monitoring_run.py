"""One run of a monitoring DAG, as every task of it gets to know it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from retraining.errors import ConfigurationError
from retraining.moments import parse_moment


@dataclass(frozen=True)
class MonitoringRun:
    """The identity of a DAG run and the moment up to which it looks."""

    dag_id: str
    dag_run_id: str
    git_commit: str | None
    as_of: datetime | None = None
    """What was known then; None: what is known when the feedback is read."""

    @classmethod
    def from_json(cls, text: str) -> MonitoringRun:
        """Reads what the DAG renders; ConfigurationError where it cannot be followed."""
        try:
            document = json.loads(text)
            as_of = str(document["params"].get("as_of") or "")
            return cls(
                dag_id=str(document["dag_id"]),
                dag_run_id=str(document["dag_run_id"]),
                git_commit=document["bundle_version"] or None,
                as_of=parse_moment(as_of) if as_of else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"the run cannot be read: {error!r}") from error

    @property
    def now(self) -> datetime:
        """The moment up to which it looks (UTC)."""
        return self.as_of or datetime.now(UTC)
