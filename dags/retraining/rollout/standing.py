"""Where a rollout stands, as the serving command line says it after each look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RUNNING, PAUSED, COMPLETED, ABORTED, ROLLED_BACK = "running", "paused", "completed", "aborted", "rolled_back"

STATES_BY_EXIT_CODE: Mapping[int, tuple[str, ...]] = {
    0: (COMPLETED,),
    10: (RUNNING, PAUSED),
    11: (ABORTED,),
    12: (ROLLED_BACK,),
}
"""What ``rollout --once`` exits with, and the states that it can mean. Its other exit codes are failures."""


@dataclass(frozen=True)
class Standing:
    """One look: what was decided, why, and on which numbers."""

    state: str
    version: str
    phase: str
    percent: float | None
    decision: str
    reason: str
    document: Mapping[str, Any]
    """All of it, as it was said."""

    @classmethod
    def of(cls, exit_code: int, document: Mapping[str, Any]) -> Standing | None:
        """What the command said; None where that cannot be read, or where the exit code says otherwise."""
        state, percent = document.get("state"), document.get("percent")
        if state not in STATES_BY_EXIT_CODE.get(exit_code, ()):
            return None
        if not all(isinstance(document.get(name), str) for name in ("version", "phase", "decision", "reason")):
            return None
        if not (percent is None or (isinstance(percent, int | float) and not isinstance(percent, bool))):
            return None
        return cls(
            state=str(state),
            version=document["version"],
            phase=document["phase"],
            percent=percent,
            decision=document["decision"],
            reason=document["reason"],
            document=document,
        )

    @property
    def sentence(self) -> str:
        """For a log: ``version 8, canary at 25 %, running (wait): 812 of 2000 rows``."""
        share = "" if self.percent is None or self.phase != "canary" else f" at {self.percent:g} %"
        return f"version {self.version}, {self.phase}{share}, {self.state} ({self.decision}): {self.reason}"
