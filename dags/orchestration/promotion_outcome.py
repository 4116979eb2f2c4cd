"""What a retraining tells of its last task: a champion is new, or a challenger is to be rolled out, or nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.assets import CHAMPION_PROMOTED, PROMOTION_OUTCOME, ROLLOUT_REQUESTED

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

ROLLOUT = "rollout"
"""``promotion`` of a version that champion has not moved to; the other one is ``direct``."""
CI = "ci"
"""``promotion`` of a version that CI has been asked to promote, if its people agree."""


def announce_promotion(context: Context, outcome: Any) -> None:
    """An event of one of the two assets, after the task; none where the task was skipped, which never comes here."""
    if outcome["promotion"] == CI:
        return
    asset = ROLLOUT_REQUESTED if outcome["promotion"] == ROLLOUT else CHAMPION_PROMOTED
    said = {"version": outcome["version"], "previous": outcome["previous"], "run": context["run_id"]}
    context["outlet_events"][PROMOTION_OUTCOME].add(asset, extra=said)
