"""Looking for better parameters: many trials, on one machine or several, that meet in the workspace alone.

Each trial is a task of its own. It reads what finished trials left, lets Optuna's tree-structured Parzen estimator
(J. Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 2011) choose parameters from that,
cross-validates them on the training part, and leaves one file. There is no database to run and nothing to lock: a
trial that dies has left nothing and is simply run again, one that has finished is not repeated.

The first trial of a candidate is always its own parameters, so that a search never ends below its start. Which
parameters later trials choose depends on which others had finished by then; what was found is therefore recorded
with the model, and only ``train`` after the search is a function of code, data and seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from retraining.candidates import Candidate
from retraining.search_space import Between, Choice, Space, choices_of, parameters_of

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from retraining.run import Run
    from retraining.workspace import Workspace

FOLDS = 3
PLAN = "search/plan.json"
_RANDOM_TRIALS = 8
"""Of each candidate before the estimator has enough to go by."""


@dataclass(frozen=True)
class Trial:
    """A finished trial: what was chosen, and the mean AUC over the folds."""

    candidate: str
    number: int
    choices: dict[str, Choice]
    auc: float
    fold_aucs: list[float]
    seconds: float
    data_sha256: str
    seed: int

    @property
    def name(self) -> str:
        """What its MLflow run and its file are called."""
        return trial_name(self.candidate, self.number)


@dataclass(frozen=True)
class Best:
    """What a search found for a candidate: ``parameters`` to replace its own, empty where there was no search."""

    parameters: dict[str, Any] = field(default_factory=dict)
    trials: int = 0
    number: int | None = None
    auc: float | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The search as tags of a run or a version; empty where there was none."""
        if self.number is None:
            return {}
        return {
            "search_trials": str(self.trials),
            "search_best_trial": str(self.number),
            "search_cv_auc": f"{self.auc:.6f}",
            "search_parameters": ", ".join(f"{name}={value}" for name, value in sorted(self.parameters.items())),
        }


class TimeIsOverError(Exception):
    """The search's minutes have passed. Reported, never fatal."""


def trial_name(candidate: str, number: int) -> str:
    """For example ``gradient_boosting-trial-007``."""
    return f"{candidate}-trial-{number:03d}"


def planned_trials(run: Run) -> list[dict[str, Any]]:
    """``search_trials`` trials shared out evenly among the candidates, ``{"candidate", "number"}`` each."""
    count = len(run.candidates)
    return [
        {"candidate": run.candidates[position % count], "number": position // count}
        for position in range(run.search_trials)
    ]


def read_trials(workspace: Workspace, candidate: str) -> list[Trial]:
    """The finished trials of a candidate on the rows and seed that the run has now, by number."""
    plan = _plan(workspace)
    trials = []
    for planned in plan.get("trials", []):
        if planned["candidate"] != candidate:
            continue
        trial = read_trial(workspace, candidate, planned["number"])
        if trial is not None and (trial.data_sha256, trial.seed) == (plan["data_sha256"], plan["seed"]):
            trials.append(trial)
    return trials


def read_trial(workspace: Workspace, candidate: str, number: int) -> Trial | None:
    """A finished trial; None where it has not finished."""
    try:
        return Trial(**workspace.read_json(f"search/{trial_name(candidate, number)}.json"))
    except FileNotFoundError:
        return None


def write_trial(workspace: Workspace, trial: Trial) -> None:
    """Leaves a finished trial for the others."""
    workspace.write_json(f"search/{trial.name}.json", asdict(trial))


def best_parameters(workspace: Workspace, candidate: Candidate) -> Best:
    """What the finished trials of a candidate found; where two are equal, the earlier."""
    trials = read_trials(workspace, candidate.name)
    if not trials:
        return Best()
    best = max(trials, key=lambda trial: (trial.auc, -trial.number))
    return Best(parameters_of(candidate.space, best.choices), len(trials), best.number, best.auc)


def next_choices(candidate: Candidate, finished: Iterable[Trial], number: int, seed: int) -> dict[str, Choice]:
    """What trial ``number`` tries: a function of the finished trials, its number and the seed."""
    if number == 0:
        return choices_of(candidate.space, candidate.parameters)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = _distributions(candidate.space)
    sampler = optuna.samplers.TPESampler(
        seed=int(np.random.SeedSequence([seed, number]).generate_state(1)[0]), n_startup_trials=_RANDOM_TRIALS
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for trial in finished:
        study.add_trial(optuna.trial.create_trial(params=trial.choices, distributions=distributions, value=trial.auc))
    chosen: dict[str, Choice] = study.ask(distributions).params
    return chosen


def cross_validated(
    candidate: Candidate, training: pd.DataFrame, seed: int, still_time: Callable[[], bool]
) -> list[float]:
    """The AUC of each fold of the training part; TimeIsOverError where the time ends before the last.

    Where the rows have a time, each fold is judged on rows after those it learnt; else the folds are stratified.
    """
    from sklearn.metrics import roc_auc_score

    from retraining.schema import TARGET
    from retraining.training import fit, scores_of

    aucs = []
    for learnt, judged in _folds(training, seed):
        if not still_time():
            raise TimeIsOverError
        model = fit(candidate, training.iloc[learnt], seed)
        rows = training.iloc[judged]
        aucs.append(float(roc_auc_score(rows[TARGET], scores_of(model, rows))))
    return aucs


def still_time(plan: Mapping[str, Any], now: Callable[[], float] = time.time) -> bool:
    """Whether the search's minutes, which began with the plan, are not over."""
    return now() < float(plan["started_at"]) + 60 * float(plan["minutes"])


def _folds(training: pd.DataFrame, seed: int) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    from sklearn.model_selection import StratifiedKFold, TimeSeriesSplit

    from retraining.moments import has_time
    from retraining.schema import TARGET

    folds: Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]
    if has_time(training):  # sorted by time, as the split leaves it
        folds = TimeSeriesSplit(FOLDS).split(training)
    else:
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(training, training[TARGET])
    return folds


def _distributions(space: Space) -> dict[str, optuna.distributions.BaseDistribution]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    distributions: dict[str, optuna.distributions.BaseDistribution] = {}
    for name, range_ in space.items():
        if not isinstance(range_, Between):
            distributions[name] = CategoricalDistribution(list(range_.values))
        elif range_.whole:
            distributions[name] = IntDistribution(int(range_.low), int(range_.high), log=range_.log)
        else:
            distributions[name] = FloatDistribution(range_.low, range_.high, log=range_.log)
    return distributions


def _plan(workspace: Workspace) -> dict[str, Any]:
    try:
        plan: dict[str, Any] = workspace.read_json(PLAN)
    except FileNotFoundError:
        return {}
    return plan
