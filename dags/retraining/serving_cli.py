"""The serving command line: measure a package, bless a version, promote it, roll it out.

All of it is decided by the serving side, which owns the runtime; here its exit codes become errors.
"""

from __future__ import annotations

import json
import logging
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retraining.errors import (
    BlessingRefusedError,
    ConfigurationError,
    PromotionRefusedError,
    RolloutRefusedError,
    ServingCommandError,
    ServingCommandUnavailableError,
)
from retraining.rollout.standing import STATES_BY_EXIT_CODE, Standing
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)

_REFUSED, _CONFLICT, _REGISTRY_UNREACHABLE, _FLEET_DISAGREES, _REGISTRY_DENIED, _NOT_REGISTERED = 3, 4, 5, 6, 7, 8
_BLESS_TIMEOUT_SECONDS = 180
"""Download, load and a few golden rows take seconds; beyond this the runtime hangs."""
_LONGEST_NAME, _LONGEST_REASON = 200, 1_000
"""Characters that the history takes."""
_MEASURE_TIMEOUT_SECONDS = 120
"""It measures for two seconds after loading."""
_LOOK_TIMEOUT_SECONDS = 120
"""Some queries and requests, beside what a promotion waits for the replicas."""
_HISTORY_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class _Answer:
    exit_code: int
    document: dict[str, Any]
    said: str
    complained: str

    @property
    def text(self) -> str:
        return self.said + self.complained

    @property
    def reason(self) -> str:
        code, reason = self.document.get("code"), self.document.get("reason") or self.document.get("message")
        why = ": ".join(str(part) for part in (code, reason) if part)
        return why or self.text.strip()[-800:] or "it said nothing"


def measure(settings: Settings, folder: Path) -> dict[str, Any]:
    """What the package in a local folder costs in the serving runtime, on this machine.

    ``load_ms``, ``latency_ms`` (``p50``, ``p90``, ``p99`` of one row, one call of the graph, in milliseconds),
    ``rows_per_second`` (in batches), ``iterations`` (calls behind the latency) and the package's ``digest``.

    Raises BlessingRefusedError where the runtime does not load the package.
    """
    answer = _call(settings, ["measure", "--package", str(folder)], _MEASURE_TIMEOUT_SECONDS)
    if answer.exit_code == _REFUSED:
        raise BlessingRefusedError(f"the package in {folder} does not load in the serving runtime: {answer.reason}")
    if answer.exit_code != 0:
        raise ServingCommandError(f"cannot measure {folder}: exit code {answer.exit_code}: {answer.reason}")
    return answer.document


def bless(settings: Settings, version: str) -> dict[str, Any]:
    """Has the serving runtime load the version and answer its golden rows.

    Raises BlessingRefusedError with the runtime's reason; the refusal is then also on the version's tags,
    set by the command itself.
    """
    arguments = ["bless", "--model", settings.model_name, "--version", version]
    answer = _call(settings, arguments, _BLESS_TIMEOUT_SECONDS)
    if answer.exit_code == _REFUSED:
        raise BlessingRefusedError(f"version {version} was refused by the serving runtime: {answer.reason}")
    _raise_common(answer, "bless", version)
    return answer.document


def promote(
    settings: Settings, version: str, *, expected_champion: str, by: str, reason: str, approved_by: str = ""
) -> dict[str, Any]:
    """Moves ``champion`` to the version if it still points at ``expected_champion`` ("none" for no champion).

    ``by``, ``reason`` and ``approved_by`` (a person; empty: nobody was asked) are for the promotion history.
    With replicas configured it returns when all of them answer with the version.
    """
    arguments = [
        "promote",
        "--model",
        settings.model_name,
        "--version",
        version,
        "--expect-champion",
        expected_champion,
        "--by",
        by[:_LONGEST_NAME],
        "--reason",
        reason[:_LONGEST_REASON],
    ]
    if approved_by:
        arguments += ["--approved-by", approved_by[:_LONGEST_NAME]]
    if settings.serving_replicas:
        seconds = str(settings.promotion_timeout_seconds)
        arguments += ["--wait", "--replicas", settings.serving_replicas, "--timeout-seconds", seconds]
    answer = _call(settings, arguments, settings.promotion_timeout_seconds + 60)
    if answer.exit_code == _REFUSED:
        raise PromotionRefusedError(f"version {version} was not promoted: {answer.reason}")
    if answer.exit_code == _CONFLICT:
        raise PromotionRefusedError(
            f"version {version} was not promoted: it was compared with champion {expected_champion},"
            f" which is no longer the champion ({answer.reason}); retrain to compare with the present one"
        )
    if answer.exit_code == _FLEET_DISAGREES:
        raise ServingCommandUnavailableError(
            f"version {version} is champion, but not every replica answers with it yet: {answer.reason}"
        )
    _raise_common(answer, "promote", version)
    return answer.document


def look_at_rollout(
    settings: Settings,
    version: str,
    *,
    begin: str,
    plan: Path | None,
    by: str,
    approved_by: str = "",
    again: bool = False,
) -> Standing:
    """One look at the rollout of a version, which begins where there is none: ``begin`` is its first phase.

    What it begins with, ``plan``, ``by`` and ``approved_by``, stays its own; ``again`` begins another one where the
    last is over.
    The command does what it decides before it answers, and goes on where one that was killed has stopped.
    Raises RolloutRefusedError where the version may not be rolled out at all.
    """
    arguments = ["rollout", "--model", settings.model_name, "--version", version, "--once", "--begin", begin]
    arguments += ["--prometheus", settings.prometheus_url, "--by", by[:_LONGEST_NAME]]
    if approved_by:
        arguments += ["--approved-by", approved_by[:_LONGEST_NAME]]
    if again:
        arguments.append("--again")
    if settings.serving_replicas:
        arguments += ["--replicas", settings.serving_replicas]
    if plan is not None:
        arguments += ["--plan", str(plan)]
    answer = _call(settings, arguments, settings.promotion_timeout_seconds + _LOOK_TIMEOUT_SECONDS)
    if answer.exit_code < 0:
        raise ServingCommandUnavailableError(
            f"the look at version {version} was killed by signal {-answer.exit_code}; the next one goes on from there"
        )
    if answer.exit_code in (_REFUSED, _CONFLICT):
        raise RolloutRefusedError(f"version {version} is not rolled out: {answer.reason}")
    if answer.exit_code == _FLEET_DISAGREES:
        raise ServingCommandUnavailableError(f"not every replica agrees on version {version} yet: {answer.reason}")
    if answer.exit_code not in STATES_BY_EXIT_CODE:
        _raise_common(answer, "roll out", version)
    standing = Standing.of(answer.exit_code, answer.document)
    if standing is None:
        raise ServingCommandError(
            f"the serving command said of version {version} what cannot be read (exit code {answer.exit_code}):"
            f" {answer.text.strip()[:800] or 'nothing'}"
        )
    return standing


def rollouts(settings: Settings, version: str) -> str:
    """The rollouts of a version and what was decided in each, as a table for people."""
    arguments = ["rollouts", "--model", settings.model_name]
    answer = _call(settings, arguments, _HISTORY_TIMEOUT_SECONDS, for_people=True)
    _raise_common(answer, "report on", version)
    return answer.said


def _raise_common(answer: _Answer, verb: str, version: str) -> None:
    if answer.exit_code == _REGISTRY_UNREACHABLE:
        raise ServingCommandUnavailableError(f"cannot {verb} version {version}: no registry: {answer.reason}")
    if answer.exit_code == _REGISTRY_DENIED:
        # Says nothing about the candidate, and no retry makes a password right.
        raise ConfigurationError(
            f"cannot {verb} version {version}: the registry does not let the serving command in; check"
            f" MLFLOW_TRACKING_USERNAME and _PASSWORD (or _TOKEN) and their grants: {answer.reason}"
        )
    if answer.exit_code == _NOT_REGISTERED:
        raise ServingCommandError(
            f"cannot {verb} version {version}: the serving command does not find it; do both use the same"
            f" MLFLOW_TRACKING_URI? {answer.reason}"
        )
    if answer.exit_code != 0:
        raise ServingCommandError(f"cannot {verb} version {version}: exit code {answer.exit_code}: {answer.reason}")


def _call(settings: Settings, arguments: list[str], timeout_seconds: int, *, for_people: bool = False) -> _Answer:
    if not settings.serving_cli:
        raise ConfigurationError("SERVING_CLI is not set: there is no serving runtime to ask")
    command = [*settings.serving_cli, *arguments, *([] if for_people else ["--json"])]
    _LOG.info("asking the serving runtime: %s", " ".join(arguments))
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)
    except OSError as error:
        raise ConfigurationError(f"SERVING_CLI cannot be run: {error}") from error
    except subprocess.TimeoutExpired:
        raise ServingCommandUnavailableError(f"{arguments[0]} gave no answer in {timeout_seconds} s") from None
    for line in done.stderr.splitlines():
        _LOG.info("serving: %s", line)
    return _Answer(done.returncode, _last_object(done.stdout), done.stdout, done.stderr)


def _last_object(output: str) -> dict[str, Any]:
    """The last line of the output that is a JSON object; empty where none is."""
    for text in (output, *reversed(output.splitlines())):
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            return document
    return {}
