"""Moving ``champion``, or asking for the rollout, or CI, that does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from retraining.pipeline.step_context import Values, workspace_of
from retraining.run import Run
from retraining.settings import Settings

if TYPE_CHECKING:
    from retraining.registry import Registry, Version

_LOG = logging.getLogger(__name__)


def promote(run: Run, settings: Settings, *, approval: str = "") -> Values | None:
    """Moves ``champion`` if it still points at what was compared against; by ``promotion``, hands over to a rollout.

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
    if run.promotion == "ci":
        return _ask_ci(run, settings, registered, champion)
    if run.promotion == "rollout" and champion is not None:
        return _hand_over(registry, registered, champion)
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
    return {"version": version, "previous": registered["compared_against"], "promotion": "direct"}


def _ask_ci(run: Run, settings: Settings, registered: Values, champion: Version | None) -> Values:
    """CI compares champion itself once more; what it would refuse by then need not be asked now."""
    from retraining.errors import PromotionRefusedError
    from retraining.promotion_request import request_promotion

    version, compared_against = registered["version"], registered["compared_against"]
    present = "none" if champion is None else champion.version
    if present not in (compared_against, version):
        raise PromotionRefusedError(
            f"CI is not asked to promote version {version}: it was compared with champion {compared_against}, and"
            f" {present} is champion now; retrain to compare with that one"
        )
    reason = f"passed every gate against champion {compared_against}; airflow:{run.dag_id}/{run.dag_run_id}"
    request_promotion(settings, version, reason)
    _LOG.info("%s is asked to promote version %s", settings.promotion_repository, version)
    return {"version": version, "previous": compared_against, "promotion": "ci"}


def _hand_over(registry: Registry, registered: Values, champion: Version) -> Values:
    """What ``promote_challenger`` needs; the DAG tells it. Without a champion there is no traffic to be compared on."""
    from retraining.errors import PromotionRefusedError
    from retraining.registry import CHALLENGER

    version, compared_against = registered["version"], registered["compared_against"]
    if champion.version not in (compared_against, version):
        raise PromotionRefusedError(
            f"version {version} is not rolled out: it was compared with champion {compared_against}, and"
            f" {champion.version} is champion now; retrain to compare with that one"
        )
    # Another run may have taken the alias since this version was registered.
    registry.point(CHALLENGER, registry.version(version))
    _LOG.info("version %s is %s: promote_challenger takes it from here", version, CHALLENGER)
    return {"version": version, "previous": compared_against, "promotion": "rollout"}
