"""The gates, each at and around its threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from retraining.gates import accepted, approval_reason, judge, load_configuration, rejection_reason
from retraining.gates.champion import champion_comparison, non_inferiority, stability
from retraining.gates.data import data_freshness, data_source, leakage
from retraining.gates.fairness import fairness
from retraining.gates.package import conversion, latency_budget, signature, size_budget
from retraining.gates.quality import calibration, discrimination
from retraining.gates.slice_judgement import judge_slices
from tests.support.evidence import evidence, slice_evidence

CONFIGURATION = load_configuration()
NAN = float("nan")


def metrics(**changes: float) -> dict[str, Any]:
    return {"candidate": {"metrics": changes}}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"auc": 0.7}, "passed"),
        ({"auc": 0.6999}, "failed"),
        ({"auc": NAN}, "failed"),
        ({"pr_auc": 0.33}, "passed"),
        ({"pr_auc": 0.3299}, "failed"),
        ({"ks": 0.25}, "passed"),
        ({"ks": 0.2499}, "failed"),
    ],
)
def test_discrimination(changes: dict[str, float], verdict: str) -> None:
    assert discrimination(evidence(**metrics(**changes)), CONFIGURATION.discrimination).verdict == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"ece": 0.05}, "passed"),
        ({"ece": 0.0501}, "failed"),
        ({"ece": NAN}, "failed"),
        ({"brier": 0.22 * 0.78 * 0.89}, "passed"),
        ({"brier": 0.22 * 0.78 * 0.91}, "failed"),
    ],
)
def test_calibration(changes: dict[str, float], verdict: str) -> None:
    assert calibration(evidence(**metrics(**changes)), CONFIGURATION.calibration).verdict == verdict


@pytest.mark.parametrize(
    ("gain", "p_value", "verdict"),
    [
        (0.01, 0.0004, "passed"),
        (0.001, 0.05, "passed"),
        (0.0009, 0.0004, "failed"),
        (0.01, 0.06, "failed"),
        (-0.02, 0.999, "failed"),
    ],
)
def test_champion_must_be_beaten_by_enough_and_by_more_than_chance(gain: float, p_value: float, verdict: str) -> None:
    seen = evidence(candidate={"comparison": {"gain": gain, "p_value": p_value}})
    result = champion_comparison(seen, CONFIGURATION.champion_comparison)
    assert result.verdict == verdict
    assert "champion version 4" in result.reason


def test_without_a_champion_the_floors_decide() -> None:
    results = judge(evidence(with_champion=False), CONFIGURATION)
    assert accepted(results)
    compared = {result.name for result in results if result.verdict == "not_applicable"}
    expected = {"champion_comparison", "non_inferiority", "stability", "signature", "data_source", "data_freshness"}
    assert compared == expected


def test_a_champion_that_cannot_score_does_not_block_its_successor() -> None:
    unscored = {"comparison": None, "stability": None, "signature": None}
    assert accepted(judge(evidence(candidate=unscored), CONFIGURATION))
    result = champion_comparison(evidence(candidate=unscored), CONFIGURATION.champion_comparison)
    assert result.verdict == "not_applicable"
    assert "cannot score" in result.reason


@pytest.mark.parametrize(
    ("gain", "error", "status"),
    [
        (0.0, 0.001, "not_inferior"),
        (-0.015, 0.001, "not_inferior"),
        (-0.03, 0.001, "worse"),
        (-0.018, 0.004, "worse"),
        (0.0, 0.05, "inconclusive"),
        (-0.05, 0.05, "inconclusive"),
    ],
)
def test_a_slice_is_judged_by_its_interval(gain: float, error: float, status: str) -> None:
    slices = [slice_evidence("sex", "men", gain=gain, standard_error=error)]
    [judged] = judge_slices(slices, CONFIGURATION.non_inferiority)  # type: ignore[arg-type]
    assert judged.status == status


def test_many_slices_share_one_chance_of_a_false_alarm() -> None:
    slices = [slice_evidence("sex", str(number), gain=-0.0201, standard_error=0.01) for number in range(20)]
    alone = judge_slices(slices[:1], CONFIGURATION.non_inferiority)  # type: ignore[arg-type]
    together = judge_slices(slices, CONFIGURATION.non_inferiority)  # type: ignore[arg-type]
    assert [item.status for item in alone] == ["worse"]
    assert {item.status for item in together} == {"inconclusive"}


def test_non_inferiority_names_the_slice_that_got_worse() -> None:
    worse = slice_evidence("age", "over 55", gain=-0.06, standard_error=0.004)
    result = non_inferiority(evidence(candidate={"slices": [worse]}), CONFIGURATION.non_inferiority)
    assert result.verdict == "failed"
    assert "age over 55 (-0.0600)" in result.reason


@pytest.mark.parametrize("changes", [{"rows": 99}, {"defaults": 29}, {"defaults": 980}])
def test_small_slices_are_reported_and_not_judged(changes: dict[str, int]) -> None:
    small = slice_evidence("age", "over 55", gain=-0.3, standard_error=0.01, **changes)
    slices = [small, slice_evidence("sex", "men")]
    result = non_inferiority(evidence(candidate={"slices": slices}), CONFIGURATION.non_inferiority)
    assert result.verdict == "passed"
    assert "1 too small to be judged" in result.reason


def test_an_unclear_slice_asks_for_a_person_where_that_is_configured() -> None:
    wide = evidence(candidate={"slices": [slice_evidence("sex", "men", gain=-0.01, standard_error=0.05)]})
    assert non_inferiority(wide, CONFIGURATION.non_inferiority).verdict == "passed"
    strict = replace(CONFIGURATION.non_inferiority, when_inconclusive="needs_approval")
    assert non_inferiority(wide, strict).verdict == "needs_approval"


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "passed", "lowest approval rate over highest 1.00"),
        ({"approval_rate": 0.59}, "failed", "sex women is approved 0.79 times as often"),
        ({"approval_rate": 0.60}, "passed", ""),
        ({"opportunity": 0.70}, "failed", "of those who paid, sex women is approved less often by 0.16"),
        ({"auc": 0.64}, "failed", "AUC 0.640 for sex women"),
        ({"auc": 0.5, "approval_rate": 0.1, "rows": 199}, "passed", ""),
        ({"auc": 0.5, "approval_rate": 0.1, "defaults": 39}, "passed", ""),
    ],
)
def test_fairness(changes: dict[str, float], verdict: str, words: str) -> None:
    slices = [slice_evidence("sex", "men"), slice_evidence("sex", "women", **changes)]
    result = fairness(evidence(candidate={"slices": slices}), CONFIGURATION.fairness)
    assert result.verdict == verdict
    assert words in result.reason


def test_fairness_looks_at_groups_of_people_only() -> None:
    slices = [slice_evidence("limit", "low", approval_rate=0.3), slice_evidence("limit", "high", approval_rate=0.9)]
    assert fairness(evidence(candidate={"slices": slices}), CONFIGURATION.fairness).verdict == "not_applicable"


@pytest.mark.parametrize(
    ("psi", "champion_error", "verdict"),
    [
        (0.25, 0.01, "passed"),
        (0.26, 0.01, "needs_approval"),
        (1.01, 0.01, "failed"),
        (NAN, 0.01, "failed"),
        (1.01, 0.06, "not_applicable"),
    ],
)
def test_stability(psi: float, champion_error: float, verdict: str) -> None:
    seen = evidence(candidate={"stability": {"psi": psi, "champion_calibration_error": champion_error}})
    assert stability(seen, CONFIGURATION.stability, 0.05).verdict == verdict


@pytest.mark.parametrize(("difference", "verdict"), [(1e-5, "passed"), (1.1e-5, "failed")])
def test_conversion(difference: float, verdict: str) -> None:
    seen = evidence(candidate={"conversion_difference": difference})
    assert conversion(seen, CONFIGURATION.conversion).verdict == verdict


@pytest.mark.parametrize(("shift", "verdict"), [(0.01, "passed"), (0.011, "failed")])
def test_a_quantized_variant_is_held_against_what_it_was_made_of(shift: float, verdict: str) -> None:
    fidelity = {"parent": "neural_network", "mean_shift": shift, "largest_shift": 0.3}
    result = conversion(evidence(candidate={"fidelity": fidelity}), CONFIGURATION.conversion)
    assert result.verdict == verdict
    assert "neural_network" in result.reason


@pytest.mark.parametrize(("size", "verdict"), [(50_000_000, "passed"), (50_000_001, "failed")])
def test_size_budget(size: int, verdict: str) -> None:
    assert size_budget(evidence(candidate={"package_bytes": size}), CONFIGURATION.size_budget).verdict == verdict


@pytest.mark.parametrize(
    ("runtime", "verdict"),
    [
        ({"p50_ms": 2.0, "p99_ms": 25.0, "load_ms": 5000.0}, "passed"),
        ({"p50_ms": 2.1}, "failed"),
        ({"p99_ms": 25.1}, "failed"),
        ({"load_ms": 5001.0}, "failed"),
        ({"p50_ms": NAN}, "failed"),
        ({"problem": "it does not load"}, "failed"),
    ],
)
def test_latency_budget(runtime: dict[str, Any], verdict: str) -> None:
    assert latency_budget(evidence(candidate={"runtime": runtime}), CONFIGURATION.latency_budget).verdict == verdict


@pytest.mark.parametrize(
    ("kind", "version", "champion_version", "verdict"),
    [
        ("identical", "1.0", "1.0", "passed"),
        ("compatible", "1.1", "1.0", "passed"),
        ("breaking", "1.9", "1.0", "failed"),
        ("breaking", "2.0", "1.3", "needs_approval"),
        ("breaking", "2.0", "2.0", "failed"),
    ],
)
def test_signature(kind: str, version: str, champion_version: str, verdict: str) -> None:
    changes = {"breaking": ["AGE is gone"], "compatible": ["SEX may be null"]}
    changed = {"kind": kind, **changes, "version": version, "champion_version": champion_version}
    assert signature(evidence(candidate={"signature": changed})).verdict == verdict


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
    seen = evidence(data={"synthetic": synthetic}, champion={"synthetic": champion_synthetic})
    assert data_source(seen).verdict == verdict


@pytest.mark.parametrize(
    ("end", "synthetic", "verdict"),
    [
        (None, False, "not_applicable"),
        ("2025-08-04", False, "passed"),
        ("2025-08-03T23:59:59+00:00", False, "failed"),
        ("2020-01-01", True, "not_applicable"),
    ],
)
def test_data_freshness(end: str | None, synthetic: bool, verdict: str) -> None:
    window = {"start": None, "end": end}
    seen = evidence(data={"window": window, "synthetic": synthetic})
    assert data_freshness(seen, CONFIGURATION.data_freshness).verdict == verdict


def test_leakage_names_the_feature() -> None:
    assert leakage(evidence(), CONFIGURATION.leakage).verdict == "passed"
    leaking = leakage(evidence(data={"feature_auc": {"RECOVERY_FEE": 0.97}}), CONFIGURATION.leakage)
    assert leaking.verdict == "failed"
    assert "RECOVERY_FEE (0.970)" in leaking.reason


def test_a_rejection_names_every_failed_gate_and_an_approval_every_doubt() -> None:
    seen = evidence(candidate={"metrics": {"auc": 0.6, "ece": 0.2}, "stability": {"psi": 0.5}})
    results = judge(seen, CONFIGURATION)
    assert not accepted(results)
    assert rejection_reason(results).startswith("discrimination: holdout AUC 0.6000")
    assert "; calibration: expected calibration error 0.2000" in rejection_reason(results)
    assert approval_reason(results).startswith("stability: PSI of the scores against the champion's 0.500")


def test_a_good_candidate_passes_every_gate_that_applies() -> None:
    results = judge(evidence(), CONFIGURATION)
    assert {result.verdict for result in results} == {"passed", "not_applicable"}
    assert len({result.name for result in results}) == len(results) == 13
