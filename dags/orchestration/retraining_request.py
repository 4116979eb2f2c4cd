"""Asking for a retraining, and knowing who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from orchestration.asset_event import newest_extra
from orchestration.assets import RETRAINING_REQUESTED

RETRAINING_DAG = "credit_scoring_retraining"


def running_retrainings(task_instance: Any) -> str:
    """How many retrainings run or wait to; as text, which travels to the other environment."""
    return str(task_instance.get_dr_count(dag_id=RETRAINING_DAG, states=["running", "queued"]))


def emit_request(report: Mapping[str, Any], outlet_events: Any) -> None:
    """Puts cause and link on the task's event; skips, so that there is no event, where nothing is asked for."""
    if not report["request"]:
        raise AirflowSkipException(f"no retraining is asked for: {report['reason']}")
    said = {name: report[name] for name in ("cause", "reason", "report_url", "version")}
    outlet_events[RETRAINING_REQUESTED].extra = {**said, "source": "drift_detection"}


def cause_of(triggering_asset_events: Mapping[Any, Sequence[Any]]) -> dict[str, str]:
    """Why a run was asked for: what the newest event says, or nothing where no event started it.

    An event comes from ``drift_detection``, from Kafka (where Airflow wraps it), or from whoever posts to Airflow's
    ``/api/v2/assets/events``, an alert for example.
    """
    if not any(triggering_asset_events[asset] for asset in triggering_asset_events):
        return {}
    extra = newest_extra(triggering_asset_events)
    payload = extra.get("payload") if extra.get("from_trigger") else extra
    said = payload if isinstance(payload, Mapping) else {}
    names = ("cause", "reason", "report_url", "version", "source")
    return {"cause": "asset_event"} | {name: str(said[name]) for name in names if said.get(name)}
