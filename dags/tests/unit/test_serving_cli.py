"""Exit codes of the serving command line, as errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from retraining import serving_cli
from retraining.errors import (
    BlessingRefusedError,
    ConfigurationError,
    PromotionRefusedError,
    RetrainingError,
    ServingCommandError,
    ServingCommandUnavailableError,
)
from retraining.settings import Settings


def settings(exit_code: int, answer: object, *, replicas: str = "") -> Settings:
    """A serving command that prints ``answer``, then its own arguments to stderr, and exits."""
    script = f"import sys; print({json.dumps(answer)!r}); print(sys.argv[1:], file=sys.stderr); sys.exit({exit_code})"
    return Settings("m", "w", (sys.executable, "-c", script), replicas, 5)


def test_a_blessing_is_what_the_runtime_answers() -> None:
    assert serving_cli.bless(settings(0, {"blessed": True}), "3") == {"blessed": True}


def test_a_refusal_carries_code_and_reason() -> None:
    refused = settings(3, {"blessed": False, "code": "GOLDEN_MISMATCH", "reason": "row 0"})
    with pytest.raises(BlessingRefusedError, match="version 3 .*GOLDEN_MISMATCH: row 0") as error:
        serving_cli.bless(refused, "3")
    assert not error.value.transient


def test_a_measurement_is_what_the_runtime_answers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    answer = {"latency_ms": {"p50": 0.02, "p90": 0.03, "p99": 0.1}}
    assert serving_cli.measure(settings(0, answer), Path("/a/package")) == answer
    assert "serving: ['measure', '--package', '/a/package', '--json']" in caplog.messages


@pytest.mark.parametrize(("exit_code", "error"), [(3, BlessingRefusedError), (1, ServingCommandError)])
def test_what_does_not_load_has_no_measurement(exit_code: int, error: type[RetrainingError]) -> None:
    refused = settings(exit_code, {"code": "GRAPH_LOAD_FAILED", "reason": "no graph"})
    with pytest.raises(error, match="GRAPH_LOAD_FAILED: no graph"):
        serving_cli.measure(refused, Path("/a/package"))


@pytest.mark.parametrize(
    ("exit_code", "error", "message"),
    [
        (5, ServingCommandUnavailableError, "cannot bless version 3: no registry: REGISTRY_UNREACHABLE: refused"),
        (7, ConfigurationError, "does not let the serving command in; check MLFLOW_TRACKING_USERNAME"),
        (8, ServingCommandError, "does not find it"),
        (1, ServingCommandError, "exit code 1"),
    ],
)
def test_a_registry_that_says_no_is_not_a_refused_candidate(
    exit_code: int, error: type[RetrainingError], message: str
) -> None:
    answer = {"code": "REGISTRY_UNREACHABLE", "reason": "refused"}
    with pytest.raises(error, match=message) as raised:
        serving_cli.bless(settings(exit_code, answer), "3")
    assert not isinstance(raised.value, BlessingRefusedError)
    assert raised.value.transient == (exit_code == 5)


@pytest.mark.parametrize(
    ("exit_code", "error", "message"),
    [
        (2, ServingCommandError, "exit code 2"),
        (3, PromotionRefusedError, "was not promoted: no blessing"),
        (4, PromotionRefusedError, "compared with champion 2, which is no longer the champion"),
        (5, ServingCommandUnavailableError, "no registry"),
        (6, ServingCommandUnavailableError, "not every replica"),
        (7, ConfigurationError, "cannot promote version 3: .* MLFLOW_TRACKING_USERNAME"),
        (8, ServingCommandError, "does not find it"),
    ],
)
def test_a_promotion_fails_readably(exit_code: int, error: type[RetrainingError], message: str) -> None:
    with pytest.raises(error, match=message):
        serving_cli.promote(
            settings(exit_code, {"reason": "no blessing"}), "3", expected_champion="2", by="ci", reason="better"
        )


def test_passes_the_champion_and_waits_for_the_replicas(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    waiting = settings(0, {}, replicas="http://a,http://b")
    serving_cli.promote(waiting, "3", expected_champion="none", by="airflow:d/r", reason="better")
    expected = ["promote", "--model", "m", "--version", "3", "--expect-champion", "none"]
    expected += ["--by", "airflow:d/r", "--reason", "better", "--wait"]
    expected += ["--replicas", "http://a,http://b", "--timeout-seconds", "5", "--json"]
    assert f"serving: {expected}" in caplog.messages


def test_says_who_approved_and_cuts_what_is_longer_than_the_history_takes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    serving_cli.promote(
        settings(0, {}), "3", expected_champion="2", by="r" * 300, reason="x" * 2_000, approved_by="ana"
    )
    said = caplog.messages[-1]
    assert "'--approved-by', 'ana'" in said
    assert (said.count("r" * 200), said.count("r" * 201)) == (1, 0)
    assert (said.count("x" * 1_000), said.count("x" * 1_001)) == (1, 0)


def test_says_which_setting_is_wrong() -> None:
    for command in ((), ("/no/such/command",)):
        with pytest.raises(ConfigurationError, match="SERVING_CLI"):
            serving_cli.bless(Settings("m", "w", command, "", 5), "3")


def test_output_that_is_no_json_is_still_a_reason() -> None:
    broken = Settings("m", "w", (sys.executable, "-c", "import sys; sys.exit('out of memory')"), "", 5)
    with pytest.raises(ServingCommandError, match="out of memory"):
        serving_cli.bless(broken, "3")
