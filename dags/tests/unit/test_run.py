"""A run and its surroundings, as the tasks read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from retraining.errors import ConfigurationError, DatasetError, RetrainingError
from retraining.lineage import environment_lock_sha256, lineage_of
from retraining.run import Run
from retraining.settings import Settings

PARAMS = {"dataset_uri": "synthetic:", "seed": 7, "candidates": ["gradient_boosting"], "auto_promote": True}


def rendered(**params: Any) -> str:
    return json.dumps({"dag_id": "d", "dag_run_id": "r", "bundle_version": "abc", "params": PARAMS | params})


def test_reads_what_the_dag_renders() -> None:
    run = Run.from_json(rendered())
    assert (run.git_commit, run.candidates, run.auto_promote) == ("abc", ("gradient_boosting",), True)


def test_no_candidates_means_all_of_them() -> None:
    assert Run.from_json(rendered(candidates=[])).candidates == ("gradient_boosting", "neural_network")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", ConfigurationError),
        ("{}", ConfigurationError),
        (rendered(seed="many"), ConfigurationError),
        (rendered(candidates=["oracle"]), ConfigurationError),
        (rendered(candidates=["neural_network", "neural_network"]), ConfigurationError),
        (rendered(dataset_uri="ftp://host/a.csv"), DatasetError),
    ],
)
def test_refuses_a_run_that_it_cannot_follow(text: str, error: type[RetrainingError]) -> None:
    with pytest.raises(error):
        Run.from_json(text)


def test_lineage_names_the_lock_of_the_environment() -> None:
    lineage = lineage_of(
        Run.from_json(rendered()),
        {"uri": "synthetic:", "sha256": "0" * 64, "rows": 1, "synthetic": True, "window": {"start": None, "end": None}},
    )
    assert lineage["environment_lock_sha256"] == environment_lock_sha256()
    assert len(lineage["environment_lock_sha256"] or "") == 64
    assert (lineage["git_commit"], lineage["seed"]) == ("abc", 7)


def test_reads_the_environment_once() -> None:
    settings = Settings.from_environment(
        {
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
            "RETRAINING_WORKSPACE_URI": "file:///tmp/w",
            "SERVING_CLI": "node '/a b/main.js'",
        }
    )
    assert settings.serving_cli == ("node", "/a b/main.js")
    assert settings.model_name == "credit-scoring"
    assert settings.mlflow_ui_url == ""


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_URI", "RETRAINING_WORKSPACE_URI", "PROMOTION_TIMEOUT_SECONDS"])
def test_names_the_variable_that_is_wrong(name: str) -> None:
    values = {"MLFLOW_TRACKING_URI": "http://x", "RETRAINING_WORKSPACE_URI": "w", name: ""}
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment(values)


def _run(run_type: str, **params: Any) -> Run:
    document = json.loads(rendered(**params)) | {"run_type": run_type, "interval_end": "2026-03-01T00:00:00+00:00"}
    return Run.from_json(json.dumps(document))


def test_a_run_is_of_now_unless_it_is_told_otherwise() -> None:
    for run_type in ("manual", "scheduled", "asset_triggered"):
        assert (_run(run_type).as_of, _run(run_type, as_of="").as_of) == (None, None)
    assert _run("manual", as_of="2026-02-01").as_of == datetime(2026, 2, 1, tzinfo=UTC)
    assert Run.from_json(rendered()).as_of is None


def test_a_backfill_is_of_its_interval_and_never_promotes_by_itself() -> None:
    run = _run("backfill")
    assert (run.as_of, run.auto_promote) == (datetime(2026, 3, 1, tzinfo=UTC), False)
    assert _run("backfill", as_of="2026-02-01").as_of == datetime(2026, 2, 1, tzinfo=UTC)
    assert _run("manual").auto_promote is True


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"as_of": "last week"}, "no ISO date"),
        ({"variants": ["int4"]}, "no variant 'int4'; there are pruned, int8"),
        ({"search_trials": 201}, "not 0 to 200"),
        ({"search_minutes": -1}, "not more than 0"),
        ({"promotion": "canary"}, "'canary', not one of direct, rollout"),
    ],
)
def test_says_what_a_parameter_may_be(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Run.from_json(rendered(**params))
