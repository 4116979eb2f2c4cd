"""One trial of the search for parameters."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from retraining.pipeline.step_context import Values, split_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

if TYPE_CHECKING:
    from retraining.search import Trial

_LOG = logging.getLogger(__name__)


def search(run: Run, settings: Settings, candidate: str, number: int) -> Values | None:
    """Cross-validates what trial ``number`` of a candidate chooses; None where the search's time is over.

    A trial that has finished already is not repeated.
    """
    from retraining.candidates import candidate_named
    from retraining.search import (
        PLAN,
        TimeIsOverError,
        Trial,
        cross_validated,
        next_choices,
        read_trials,
        still_time,
        trial_name,
        write_trial,
    )
    from retraining.search_space import parameters_of

    workspace = workspace_of(run, settings)
    plan = workspace.read_json(PLAN)
    chosen = candidate_named(candidate)
    finished = read_trials(workspace, candidate)
    done = next((trial for trial in finished if trial.number == number), None)
    if done is None:
        choices = next_choices(chosen, finished, number, run.seed)
        changed = chosen.with_parameters(**parameters_of(chosen.space, choices))
        started = time.monotonic()
        try:
            aucs = cross_validated(changed, split_of(workspace).training, run.seed, lambda: still_time(plan))
        except TimeIsOverError:
            _LOG.info("%s: time is over after %s minutes", trial_name(candidate, number), f"{plan['minutes']:g}")
            return None
        done = Trial(
            candidate=candidate,
            number=number,
            choices=choices,
            auc=sum(aucs) / len(aucs),
            fold_aucs=aucs,
            seconds=time.monotonic() - started,
            data_sha256=plan["data_sha256"],
            seed=run.seed,
        )
        write_trial(workspace, done)
    else:
        _LOG.info("%s has finished before", done.name)
    # Logged in either case: the try that finished may have died before it could say so.
    _log(run, done)
    _LOG.info("%s: AUC %.4f in %.1f s with %s", done.name, done.auc, done.seconds, done.choices)
    return {"candidate": candidate, "number": number, "auc": done.auc, "seconds": done.seconds}


def _log(run: Run, trial: Trial) -> None:
    from retraining.tracking import Tracker

    tracker = Tracker(run)
    run_id = tracker.candidate(trial.name, {"search_of": trial.candidate, "trial": str(trial.number)})
    folds = {f"fold_{position}_auc": auc for position, auc in enumerate(trial.fold_aucs, start=1)}
    tracker.log(
        run_id,
        parameters={**trial.choices, "seed": trial.seed},
        metrics={"cv_auc": trial.auc, "seconds": trial.seconds, **folds},
    )
    tracker.finish(run_id)
