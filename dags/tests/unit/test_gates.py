"""The gates, each at and around its threshold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retraining.errors import ConfigurationError
from retraining.gates import (
    CONFIGURATION_PATH,
    Evidence,
    GateConfiguration,
    accepted,
    auc_floor,
    calibration,
    champion_comparison,
    conversion,
    data_source,
    judge,
    load_configuration,
    rejection_reason,
    size_budget,
)

CONFIGURATION = GateConfiguration(
    min_auc=0.7,
    max_calibration_error=0.05,
    max_conversion_difference=1e-5,
    min_auc_gain=0.001,
    max_package_bytes=1000,
)
GOOD = Evidence(
    metrics={"auc": 0.78, "ece": 0.01},
    conversion_difference=1e-7,
    package_bytes=500,
    champion_version=None,
    champion_metrics=None,
    synthetic=False,
    champion_synthetic=None,
)


@pytest.mark.parametrize(("auc", "verdict"), [(0.6999, "failed"), (0.7, "passed"), (0.9, "passed")])
def test_auc_floor(auc: float, verdict: str) -> None:
    assert auc_floor(replace(GOOD, metrics={"auc": auc}), CONFIGURATION).verdict == verdict


@pytest.mark.parametrize(("error", "verdict"), [(0.05, "passed"), (0.0501, "failed"), (float("nan"), "failed")])
def test_calibration(error: float, verdict: str) -> None:
    assert calibration(replace(GOOD, metrics={"ece": error}), CONFIGURATION).verdict == verdict


@pytest.mark.parametrize(("difference", "verdict"), [(1e-5, "passed"), (1.1e-5, "failed")])
def test_conversion(difference: float, verdict: str) -> None:
    assert conversion(replace(GOOD, conversion_difference=difference), CONFIGURATION).verdict == verdict


@pytest.mark.parametrize(
    ("synthetic", "champion_synthetic", "verdict"),
    [
        (True, None, "not_applicable"),
        (False, None, "not_applicable"),
        (True, True, "passed"),
        (False, True, "passed"),
        (False, False, "passed"),
        (True, False, "failed"),
    ],
)
def test_data_source(synthetic: bool, champion_synthetic: bool | None, verdict: str) -> None:
    evidence = replace(GOOD, synthetic=synthetic, champion_version="3", champion_synthetic=champion_synthetic)
    assert data_source(evidence).verdict == verdict


@pytest.mark.parametrize(("size", "verdict"), [(1000, "passed"), (1001, "failed")])
def test_size_budget(size: int, verdict: str) -> None:
    assert size_budget(replace(GOOD, package_bytes=size), CONFIGURATION).verdict == verdict


@pytest.mark.parametrize(
    ("champion", "verdict"), [(0.7789, "passed"), (0.779, "passed"), (0.7791, "failed"), (0.9, "failed")]
)
def test_champion_must_be_beaten_by_the_gain(champion: float, verdict: str) -> None:
    evidence = replace(GOOD, champion_version="4", champion_metrics={"auc": champion})
    result = champion_comparison(evidence, CONFIGURATION)
    assert result.verdict == verdict
    assert "champion version 4" in result.reason


def test_without_a_champion_the_floors_decide() -> None:
    results = judge(GOOD, CONFIGURATION)
    assert accepted(results)
    assert results[-1].verdict == "not_applicable"


def test_a_champion_that_cannot_score_does_not_block_its_successor() -> None:
    result = champion_comparison(replace(GOOD, champion_version="4"), CONFIGURATION)
    assert result.verdict == "not_applicable"
    assert "cannot score" in result.reason


def test_a_rejection_names_every_failed_gate() -> None:
    results = judge(replace(GOOD, metrics={"auc": 0.6, "ece": 0.2}), CONFIGURATION)
    assert not accepted(results)
    assert rejection_reason(results) == (
        "auc_floor: holdout AUC 0.6000, at least 0.7000 is needed;"
        " calibration: expected calibration error 0.2000, at most 0.0500 is allowed"
    )


def test_the_configuration_in_the_repository_is_complete() -> None:
    assert load_configuration().min_auc == 0.7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "min_acu: 0.9\n", "unknown key 'min_acu'"),
        (lambda text: text.replace("min_auc:", "# min_auc:"), "'min_auc' is missing"),
        (lambda text: text.replace("0.70\n", "high\n"), "'high', not a number"),
        (lambda text: "", "no mapping"),
    ],
)
def test_a_wrong_configuration_switches_no_gate_off(tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    (tmp_path / "gates.yaml").write_text(change(CONFIGURATION_PATH.read_text()))
    with pytest.raises(ConfigurationError, match=message):
        load_configuration(tmp_path / "gates.yaml")
