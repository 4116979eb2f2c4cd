"""Moving ``champion``."""

from __future__ import annotations

import logging

from retraining.pipeline.step_context import Values, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def promote(run: Run, settings: Settings, *, approval: str = "") -> Values | None:
    """Moves ``champion`` if it still points at what was compared against.

    None where promotion is by hand, or where a person had to agree and has not. ``approval`` is what the task
    ``approve`` returned, as JSON; empty where there was none.
    """
    from retraining import serving_cli
    from retraining.approval import Approval
    from retraining.registry import CHAMPION, Registry

    registered = workspace_of(run, settings).read_json("registered.json")
    version = registered["version"]
    if not run.auto_promote:
        _LOG.info("version %s is blessed and waits: auto_promote is off", version)
        return None
    registry = Registry(settings.model_name)
    answer = Approval.from_json(approval)
    if answer.needed:
        registry.tag(registry.version(version), answer.tags)
    if (answer.needed or registered.get("needs_approval")) and not answer.is_given:
        _LOG.warning("version %s stays challenger: rejected by %s", version, answer.by or "nobody; no answer is a no")
        return None
    champion = registry.by_alias(CHAMPION)
    # An earlier try may have moved the alias and died waiting for the replicas: expect itself then.
    already = champion is not None and champion.version == version
    expected = version if already else registered["compared_against"]
    serving_cli.promote(
        settings,
        version,
        expected_champion=expected,
        by=f"airflow:{run.dag_id}/{run.dag_run_id}",
        reason=f"passed every gate against champion {registered['compared_against']}"
        + (f"; {answer.note}" if answer.note else ""),
        approved_by=answer.by or "",
    )
    _LOG.info("version %s is champion (was: %s)", version, registered["compared_against"])
    return {"version": version, "previous": registered["compared_against"]}
