"""What DAGs tell each other."""

from __future__ import annotations

import os

from airflow.sdk import Asset, AssetAlias, AssetWatcher

REQUESTS_TOPIC = "retraining-requests"
REQUESTS_CONNECTION = "retraining_requests"
"""Airflow connection of type ``kafka``: servers, group and credentials of the consumer."""


def _watchers() -> list[AssetWatcher]:
    """One on the topic, where RETRAINING_REQUESTS_KAFKA is set: the triggerer polls for it all the time."""
    if not os.environ.get("RETRAINING_REQUESTS_KAFKA"):
        return []
    # Imported here, so that parsing does not pay for what most installations do not use.
    from airflow.providers.common.messaging.triggers.msg_queue import MessageQueueTrigger

    trigger = MessageQueueTrigger(
        scheme="kafka",
        topics=[REQUESTS_TOPIC],
        kafka_config_id=REQUESTS_CONNECTION,
        apply_function="retraining_request_message.accept_message",
        poll_timeout=1,
        poll_interval=5,
    )
    return [AssetWatcher(name="retraining_requests", trigger=trigger)]


RETRAINING_REQUESTED = Asset(
    name="credit_scoring_retraining_requested",
    uri="x-retraining://credit-scoring/requested",
    group="retraining",
    watchers=_watchers(),
)
"""An event of it asks for a retraining. Its extra says why: ``cause``, and ``reason``, ``report_url``, ``version``."""

CHAMPION_PROMOTED = Asset(
    name="credit_scoring_champion_promoted",
    uri="x-retraining://credit-scoring/champion-promoted",
    group="retraining",
)
"""An event of it: a retraining has moved ``champion``. Its extra: ``version``, ``previous`` (or ``none``), ``run``."""

ROLLOUT_REQUESTED = Asset(
    name="credit_scoring_rollout_requested",
    uri="x-retraining://credit-scoring/rollout-requested",
    group="retraining",
)
"""An event of it asks for a rollout of ``version``, in its extra as above."""

PROMOTION_OUTCOME = AssetAlias(name="credit_scoring_promotion_outcome", group="retraining")
"""Of these two, the one that a retraining ended with: which one it is, is known when its last task ends."""
