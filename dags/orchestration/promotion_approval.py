"""A person's word before a promotion, where one is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

APPROVE, REJECT = "Approve", "Reject"


class PromotionApproval(HITLOperator):
    """Waits for a person to approve or to reject, where ``needed`` says so; otherwise it is over at once.

    Silence means no: when ``response_timeout`` is over, the answer is ``Reject`` and nobody's. The answer is the
    task's return value, ``{"needed", "approved", "by", "at", "note"}``; what to do with a rejection is the next
    task's, so that it is recorded as an approval is.
    """

    template_fields: Sequence[str] = ("subject", "body", "needed")

    def __init__(self, *, needed: str, **arguments: Any) -> None:
        """``needed`` is a template; ``false``, ``none`` and nothing mean that nobody is asked."""
        super().__init__(options=[APPROVE, REJECT], defaults=REJECT, **arguments)
        self.needed = needed

    def execute(self, context: Context) -> Any:
        """Asks, or returns at once."""
        if self.needed.strip().lower() in ("", "false", "none"):
            self.log.info("nobody needs to approve this promotion")
            return {"needed": False, "approved": True, "by": None, "at": None, "note": None}
        self.log.info("waiting for a person: %s", self.needed)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """The answer, as JSON values."""
        answer = super().execute_complete(context, event)
        user = answer["responded_by_user"] or {}
        by = user.get("name") or user.get("id")
        approved = answer["chosen_options"] == [APPROVE] and by is not None
        self.log.info("%s by %s", "approved" if approved else "rejected", by or "nobody: the time was over")
        return {
            "needed": True,
            "approved": approved,
            "by": by,
            "at": answer["responded_at"].isoformat(),
            "note": answer["params_input"].get("note"),
        }
