"""Moving ``champion``."""

from __future__ import annotations

import logging

from retraining.pipeline.step_context import Values, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def promote(run: Run, settings: Settings, *, approved_by: str = "") -> Values | None:
    """Moves ``champion`` if it still points at what was compared against; None where promotion is by hand.

    ``approved_by`` is the person who approved; empty where nobody was asked.
    """
    from retraining import serving_cli
    from retraining.registry import CHAMPION, Registry

    registered = workspace_of(run, settings).read_json("registered.json")
    version = registered["version"]
    if not run.auto_promote:
        _LOG.info("version %s is blessed and waits: auto_promote is off", version)
        return None
    champion = Registry(settings.model_name).by_alias(CHAMPION)
    # An earlier try may have moved the alias and died waiting for the replicas: expect itself then.
    already = champion is not None and champion.version == version
    expected = version if already else registered["compared_against"]
    serving_cli.promote(
        settings,
        version,
        expected_champion=expected,
        by=f"airflow:{run.dag_id}/{run.dag_run_id}",
        reason=f"passed every gate against champion {registered['compared_against']}",
        approved_by=approved_by,
    )
    _LOG.info("version %s is champion (was: %s)", version, registered["compared_against"])
    return {"version": version, "previous": registered["compared_against"]}
