"""Whether to ask for a retraining: a pure function of what has been seen, with a sentence for every answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from retraining.monitoring.configuration import RequestConfiguration
from retraining.monitoring.quality import Interval

Cause = Literal["quality_loss", "drift", "staleness"]


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of a champion; None where there were too few rows to say."""

    drifted: bool | None
    quality_lost: bool | None


@dataclass(frozen=True)
class Situation:
    """All that the decision looks at. ``evaluations`` are those of the present champion, the newest first."""

    now: datetime
    champion_since: datetime
    evaluations: tuple[Evaluation, ...]
    labelled: int
    last_request: datetime | None
    retraining_running: bool
    stale: bool = False
    """Whether the champion's training data ends too long ago."""


@dataclass(frozen=True)
class Decision:
    """``cause`` is what was sustained, also where something else stands against asking now."""

    request: bool
    code: str
    cause: Cause | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def decide(situation: Situation, configuration: RequestConfiguration) -> Decision:
    """Asks where drift or a loss of quality is sustained, or the champion is stale, and nothing stands against it.

    The first that applies of: nothing sustained, a retraining runs, cooldown, a champion too young, too few
    labels; else a request. A loss of quality is the better reason and is named first; age, which needs no
    evaluations, last.
    """
    latest = _latest(configuration)
    cause = _sustained_cause(situation.evaluations, configuration.sustained_evaluations)
    if cause is None and situation.stale:
        cause = "staleness"
    if cause is None:
        return Decision(False, "nothing_sustained", None, f"neither drift nor quality loss in {latest}")
    said = "the champion's training data is too old" if cause == "staleness" else f"{_shown(cause)} in {latest}"
    against = _against(situation, configuration)
    if against is not None:
        return Decision(False, against[0], cause, f"{said}, but {against[1]}")
    return Decision(True, "requested", cause, said)


def quality_lost(live_auc: Interval | None, holdout_auc: float | None, max_loss: float) -> bool | None:
    """Whether live AUC is below the holdout's by more than ``max_loss`` with confidence; None where unknown.

    The upper bound is compared, so that few labels do not make a loss.
    """
    if live_auc is None or holdout_auc is None:
        return None
    return live_auc.high < holdout_auc - max_loss


def _sustained_cause(evaluations: tuple[Evaluation, ...], times: int) -> Cause | None:
    latest = evaluations[:times]
    if len(latest) < times:
        return None
    if all(evaluation.quality_lost for evaluation in latest):
        return "quality_loss"
    if all(evaluation.drifted for evaluation in latest):
        return "drift"
    return None


def _against(situation: Situation, configuration: RequestConfiguration) -> tuple[str, str] | None:
    """Code and reason of the first thing that stands against a request."""
    if situation.retraining_running:
        return "already_running", "a retraining runs already"
    cooldown = timedelta(hours=configuration.cooldown_hours)
    if situation.last_request is not None and situation.now - situation.last_request < cooldown:
        until = (situation.last_request + cooldown).isoformat(timespec="minutes")
        return (
            "cooldown",
            f"the last request was at {situation.last_request.isoformat(timespec='minutes')}: not before {until}",
        )
    youngest = timedelta(hours=configuration.min_champion_age_hours)
    if situation.now - situation.champion_since < youngest:
        since = situation.champion_since.isoformat(timespec="minutes")
        return (
            "champion_too_young",
            f"the champion is of {since}: younger than {configuration.min_champion_age_hours:g} h",
        )
    if situation.labelled < configuration.min_labelled:
        return (
            "too_few_labels",
            f"only {situation.labelled} labelled rows are in the window, {configuration.min_labelled} are needed",
        )
    return None


def _latest(configuration: RequestConfiguration) -> str:
    times = configuration.sustained_evaluations
    return "the latest evaluation" if times == 1 else f"all of the latest {times} evaluations"


def _shown(cause: Cause) -> str:
    return "a loss of quality" if cause == "quality_loss" else "drift"
