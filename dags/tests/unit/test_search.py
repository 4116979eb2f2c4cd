"""The search for parameters: what is tried, what is kept, and when it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from retraining.candidates import CANDIDATES, candidate_named
from retraining.run import Run
from retraining.schema import APPLIED_AT
from retraining.search import (
    FOLDS,
    PLAN,
    Best,
    TimeIsOverError,
    Trial,
    best_parameters,
    cross_validated,
    next_choices,
    planned_trials,
    read_trials,
    still_time,
    write_trial,
)
from retraining.search_space import Between, OneOf, choices_of, parameters_of
from retraining.workspace import Workspace

SHA = "a" * 64


def trial(number: int, auc: float, candidate: str = "gradient_boosting", **changes: Any) -> Trial:
    choices = changes.pop("choices", None) or choices_of(CANDIDATES[candidate].space, CANDIDATES[candidate].parameters)
    return Trial(candidate, number, choices, auc, [auc] * FOLDS, 1.5, changes.get("data", SHA), changes.get("seed", 7))


def run_of(trials: int, candidates: list[str]) -> Run:
    params = {"dataset_uri": "synthetic:", "seed": 7, "candidates": candidates, "auto_promote": True}
    document = {"dag_id": "d", "dag_run_id": "r", "bundle_version": None, "params": params | {"search_trials": trials}}
    return Run.from_json(json.dumps(document))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path.as_uri(), "r")
    trials = planned_trials(run_of(8, ["gradient_boosting"]))
    workspace.write_json(PLAN, {"started_at": 0, "minutes": 1, "seed": 7, "data_sha256": SHA, "trials": trials})
    return workspace


def test_trials_are_shared_out_among_the_candidates() -> None:
    planned = planned_trials(run_of(5, ["gradient_boosting", "neural_network"]))
    assert [(item["candidate"], item["number"]) for item in planned] == [
        ("gradient_boosting", 0),
        ("neural_network", 0),
        ("gradient_boosting", 1),
        ("neural_network", 1),
        ("gradient_boosting", 2),
    ]
    assert planned_trials(run_of(0, ["gradient_boosting"])) == []


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_first_trial_is_the_candidate_as_it_is(name: str) -> None:
    candidate = candidate_named(name)
    choices = next_choices(candidate, [], 0, seed=7)
    assert candidate.with_parameters(**parameters_of(candidate.space, choices)) == candidate


@pytest.mark.parametrize("name", CANDIDATES)
def test_later_trials_stay_within_the_space_and_differ(name: str) -> None:
    candidate = candidate_named(name)
    tried = [next_choices(candidate, [], number, seed=7) for number in range(1, 6)]
    assert len({json.dumps(choices) for choices in tried}) == 5
    for choices in tried:
        parameters = parameters_of(candidate.space, choices)
        assert choices_of(candidate.space, parameters) == choices
        json.dumps(choices)


def test_a_trial_is_a_function_of_what_has_finished() -> None:
    candidate = candidate_named("gradient_boosting")
    finished = [trial(number, 0.7, choices=next_choices(candidate, [], number, 7)) for number in range(12)]
    again = next_choices(candidate, finished, 12, seed=7)
    assert again == next_choices(candidate, finished, 12, seed=7)
    assert again != next_choices(candidate, finished, 13, seed=7)
    assert again != next_choices(candidate, finished, 12, seed=8)


def test_the_estimator_goes_where_trials_were_good() -> None:
    """After many trials that were the better the slower they learnt, the next ones learn slowly too."""
    candidate = candidate_named("gradient_boosting")
    finished = []
    for number in range(1, 40):
        choices = next_choices(candidate, [], number, 7)
        finished.append(trial(number, 1 - float(choices["learning_rate"]), choices=choices))
    rates = [float(next_choices(candidate, finished, number, 7)["learning_rate"]) for number in range(40, 50)]
    assert sum(rate < 0.04 for rate in rates) >= 8


def test_the_best_finished_trial_wins_and_the_earlier_of_two_equal_ones(workspace: Workspace) -> None:
    candidate = candidate_named("gradient_boosting")
    assert best_parameters(workspace, candidate) == Best()
    assert Best().tags == {}
    for number, auc in [(3, 0.79), (1, 0.81), (5, 0.81), (2, 0.80)]:
        write_trial(workspace, trial(number, auc, choices=next_choices(candidate, [], number, 7)))
    best = best_parameters(workspace, candidate)
    assert (best.number, best.trials, best.auc) == (1, 4, 0.81)
    assert best.parameters == parameters_of(candidate.space, next_choices(candidate, [], 1, 7))
    assert best.tags["search_best_trial"] == "1"
    assert "learning_rate=" in best.tags["search_parameters"]


def test_trials_of_other_rows_or_another_seed_do_not_count(workspace: Workspace) -> None:
    write_trial(workspace, trial(0, 0.9, data="b" * 64))
    write_trial(workspace, trial(1, 0.9, seed=8))
    write_trial(workspace, trial(2, 0.7))
    write_trial(workspace, trial(99, 0.9))
    assert [item.number for item in read_trials(workspace, "gradient_boosting")] == [2]


def test_the_minutes_begin_with_the_plan() -> None:
    plan = {"started_at": 1_000.0, "minutes": 2}
    assert still_time(plan, now=lambda: 1_119.9)
    assert not still_time(plan, now=lambda: 1_120.0)


def test_a_trial_ends_between_folds_when_the_time_is_over(credit_rows: pd.DataFrame) -> None:
    answers = iter([True, True, False])
    few = candidate_named("gradient_boosting").with_parameters(max_iter=5)
    with pytest.raises(TimeIsOverError):
        cross_validated(few, credit_rows, 7, lambda: next(answers))
    assert next(answers, "asked before each fold") == "asked before each fold"


def test_folds_are_of_the_rows_given_and_learn_from_the_past_where_there_is_time(
    credit_rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[pd.DataFrame, int]] = []
    from retraining import training

    real = training.fit

    def spy(candidate: Any, frame: pd.DataFrame, seed: int) -> Any:
        seen.append((frame, seed))
        return real(candidate, frame, seed)

    monkeypatch.setattr(training, "fit", spy)
    few = candidate_named("gradient_boosting").with_parameters(max_iter=20)
    aucs = cross_validated(few, credit_rows, 7, lambda: True)
    assert [len(frame) for frame, _ in seen] == [2_000] * FOLDS
    assert min(aucs) > 0.7
    seen.clear()
    timed = credit_rows.assign(
        **{APPLIED_AT: pd.date_range("2025-01-01", periods=len(credit_rows), freq="h", tz="UTC")}
    )
    cross_validated(few, timed, 7, lambda: True)
    assert [len(frame) for frame, _ in seen] == [750, 1_500, 2_250]
    assert all(frame[APPLIED_AT].max() == timed[APPLIED_AT].iloc[len(frame) - 1] for frame, _ in seen)


def test_a_space_that_leaves_out_its_default_says_so() -> None:
    assert choices_of({"rate": Between(0.1, 1.0)}, {"rate": 0.5}) == {"rate": 0.5}
    for space in ({"rate": Between(0.1, 0.2)}, {"rate": OneOf({"a": 1})}):
        with pytest.raises(ValueError, match="search space of rate"):
            choices_of(space, {"rate": 0.5})
