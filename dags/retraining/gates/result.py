"""What a gate says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["passed", "failed", "needs_approval", "not_applicable"]


@dataclass(frozen=True)
class GateResult:
    """One gate's verdict: the numbers it saw, its thresholds by key of ``gates.yaml``, and a sentence on both."""

    name: str
    verdict: Verdict
    numbers: dict[str, float]
    threshold: dict[str, float]
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON values."""
        return asdict(self)


def accepted(results: Sequence[GateResult]) -> bool:
    """Whether no gate failed: the candidate may be registered."""
    return all(result.verdict != "failed" for result in results)


def rejection_reason(results: Sequence[GateResult]) -> str:
    """The failed gates' reasons in one line; empty where none failed."""
    return _reasons(results, "failed")


def approval_reason(results: Sequence[GateResult]) -> str:
    """Why a person has to agree before it becomes champion, in one line; empty where nobody has to."""
    return _reasons(results, "needs_approval")


def _reasons(results: Sequence[GateResult], verdict: Verdict) -> str:
    return "; ".join(f"{result.name}: {result.reason}" for result in results if result.verdict == verdict)
