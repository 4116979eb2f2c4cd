"""Earlier evaluations, kept as tags of MLflow runs: what is sustained outlives every process and machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlflow import MlflowClient

from retraining.monitoring.monitoring_run import MonitoringRun
from retraining.monitoring.retraining_decision import Evaluation
from retraining.registry import translated
from retraining.settings import MONITORING_EXPERIMENT
from retraining.tracking import Tracker

MODEL_TAG = "monitored_model"
VERSION_TAG = "champion_version"
EVALUATED_TAG = "evaluated_at"
DRIFTED_TAG = "drifted"
QUALITY_LOST_TAG = "quality_lost"
REQUESTED_TAG = "retraining_requested_at"

_WORDS: dict[bool | None, str] = {True: "true", False: "false", None: "unknown"}
_LONGEST = 200
"""Runs that are looked at, the newest first: years of daily ones are not needed to know the last few."""


@dataclass(frozen=True)
class History:
    """``evaluations`` of one champion, newest first; when a retraining was last asked for, for any champion."""

    evaluations: tuple[Evaluation, ...]
    last_request: datetime | None


def monitoring_tracker(run: MonitoringRun, model: str) -> Tracker:
    """The MLflow run of a DAG run. The model is part of what it is: two platforms may share a server, and run ids."""
    return Tracker(run, experiment=MONITORING_EXPERIMENT, identity={MODEL_TAG: model})


def tags_of(model: str, version: str, evaluation: Evaluation, at: datetime) -> dict[str, str]:
    """The tags under which an evaluation is kept."""
    return {
        MODEL_TAG: model,
        VERSION_TAG: version,
        EVALUATED_TAG: at.isoformat(),
        DRIFTED_TAG: _WORDS[evaluation.drifted],
        QUALITY_LOST_TAG: _WORDS[evaluation.quality_lost],
    }


def earlier_evaluations(run: MonitoringRun, model: str, version: str) -> History:
    """What earlier runs of this DAG found and asked for. This run, tried before, is none of them."""
    client = MlflowClient()
    with translated():
        experiment = client.get_experiment_by_name(MONITORING_EXPERIMENT)
        if experiment is None:
            return History((), None)
        found: list[Any] = client.search_runs(
            [experiment.experiment_id],
            f"tags.dag_id = '{run.dag_id}' and tags.{MODEL_TAG} = '{model}' and tags.dag_run_id != '{run.dag_run_id}'",
            max_results=_LONGEST,
            order_by=["attributes.start_time DESC"],
        )
    return history_of([item.data.tags for item in found], version, run.now)


def history_of(tags: list[Mapping[str, str]], version: str, now: datetime) -> History:
    """The history in tags of runs, in any order; what is later than ``now`` had not happened yet."""
    known = [item for item in tags if EVALUATED_TAG in item and _moment(item[EVALUATED_TAG]) <= now]
    known.sort(key=lambda item: _moment(item[EVALUATED_TAG]), reverse=True)
    requests = [_moment(item[REQUESTED_TAG]) for item in known if REQUESTED_TAG in item]
    own = [item for item in known if item.get(VERSION_TAG) == version]
    return History(
        tuple(Evaluation(_truth(item.get(DRIFTED_TAG)), _truth(item.get(QUALITY_LOST_TAG))) for item in own),
        max(requests, default=None),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _truth(word: str | None) -> bool | None:
    return {"true": True, "false": False}.get(word or "")
