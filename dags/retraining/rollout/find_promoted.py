"""Which promotion is to be watched, and whether anybody can."""

from __future__ import annotations

import logging
import urllib.request
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from retraining.errors import PrometheusUnreachableError
from retraining.rollout.rollout_run import RolloutRun
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 10


def find_promoted(run: RolloutRun, settings: Settings) -> dict[str, Any] | None:
    """The champion that is to be watched; None, with the reason in the log, where that is not possible."""
    if reason := _unwatchable(run, settings.prometheus_url):
        _LOG.warning("nobody watches the new champion: %s", reason)
        return None
    from retraining.registry import CHAMPION, Registry

    champion = Registry(settings.model_name).by_alias(CHAMPION)
    if champion is None:
        _LOG.info("%s has no champion", settings.model_name)
        return None
    if run.version and champion.version != run.version:
        _LOG.info("version %s is no longer champion; version %s is watched instead", run.version, champion.version)
    return {"version": champion.version}


def _unwatchable(run: RolloutRun, prometheus: str) -> str | None:
    """Why there is nothing that a look could find out; PrometheusUnreachableError where that may pass."""
    if run.event.get("previous") == "none":
        return "it is the first, and there is no version to go back to"
    if not prometheus:
        return "PROMETHEUS_URL is not set"
    try:
        with urllib.request.urlopen(f"{prometheus}/api/v1/query?query=1", timeout=_TIMEOUT_SECONDS):  # noqa: S310
            return None
    except OSError as error:  # also what urllib raises
        if _is_this_machine(prometheus):
            return f"PROMETHEUS_URL is this machine, and nobody answers there (`make monitoring-up`): {error}"
        raise PrometheusUnreachableError(f"PROMETHEUS_URL does not answer: {error}") from error


def _is_this_machine(address: str) -> bool:
    """A platform on one machine, where monitoring is somebody's choice: elsewhere it is only away for a while."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
