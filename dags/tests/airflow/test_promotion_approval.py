"""The approval of a promotion: when somebody is asked, and what an answer means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def approval(needed: str) -> Any:
    from orchestration.promotion_approval import PromotionApproval

    return PromotionApproval(task_id="approve", subject="Promote?", needed=needed)


@pytest.mark.parametrize("needed", ["", "false", "False", "none", " None "])
def test_nobody_is_asked_where_nobody_is_needed(needed: str) -> None:
    answer = approval(needed).execute.__wrapped__(approval(needed), {})
    assert (answer["needed"], answer["approved"]) == (False, True)


def test_somebody_is_asked_for_any_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.standard.operators import hitl
    from airflow.sdk.exceptions import TaskAwaitingInput

    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **_: None)
    operator = approval("a signature that breaks clients")
    with pytest.raises(TaskAwaitingInput):
        operator.execute.__wrapped__(operator, {"task_instance": type("TI", (), {"id": "7"})})


@pytest.mark.parametrize(
    ("chosen", "user", "approved", "by"),
    [
        ("Approve", {"id": "3", "name": "ana"}, True, "ana"),
        ("Approve", {"id": "3", "name": None}, True, "3"),
        ("Reject", {"id": "3", "name": "ana"}, False, "ana"),
        # The time was over: Airflow takes the default, and nobody has said it.
        ("Reject", None, False, None),
        # An approval that nobody gave is none, wherever it may come from.
        ("Approve", None, False, None),
    ],
)
def test_only_a_persons_yes_is_one(chosen: str, user: Any, approved: bool, by: str | None) -> None:
    event = {"chosen_options": [chosen], "params_input": {}, "responded_at": AT, "responded_by_user": user}
    answer = approval("true").execute_complete({}, event)
    assert (answer["approved"], answer["by"], answer["at"]) == (approved, by, AT.isoformat())


def test_silence_means_no() -> None:
    assert approval("true").defaults == ["Reject"]
