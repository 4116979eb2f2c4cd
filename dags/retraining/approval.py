"""What a person said to a promotion, as Airflow's task ``approve`` reports it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from retraining.errors import ConfigurationError


@dataclass(frozen=True)
class Approval:
    """``needed`` is False where nobody was asked; ``by`` is None where nobody answered in time."""

    needed: bool = False
    approved: bool = False
    by: str | None = None
    at: str | None = None
    note: str | None = None

    @classmethod
    def from_json(cls, text: str) -> Approval:
        """Reads the task's answer; empty or ``null`` where nobody was asked."""
        try:
            document = json.loads(text or "null")
            return cls() if document is None else cls(**document)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"the answer of the task approve cannot be read: {error}") from error

    @property
    def is_given(self) -> bool:
        """Whether a person said yes; an answer that nobody gave is none."""
        return self.needed and self.approved and bool(self.by)

    @property
    def tags(self) -> dict[str, str]:
        """For the version, so that a rejection is as visible as a promotion."""
        if not self.needed:
            return {}
        return {
            "approval": "approved" if self.is_given else "rejected",
            "approval_by": self.by or "nobody: the time was over",
            "approval_at": self.at or "",
            "approval_note": self.note or "",
        }
