"""The quality gates: small pure functions from evidence to a verdict with a reason.

A candidate is accepted when no gate fails. The thresholds are in ``gates.yaml``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import yaml

from retraining.errors import ConfigurationError

CONFIGURATION_PATH = Path(__file__).with_name("gates.yaml")

Verdict = Literal["passed", "failed", "not_applicable"]


@dataclass(frozen=True)
class GateConfiguration:
    """The thresholds; what each means is said in ``gates.yaml``."""

    min_auc: float
    max_calibration_error: float
    max_conversion_difference: float
    min_auc_gain: float
    max_package_bytes: int


@dataclass(frozen=True)
class GateResult:
    """One gate's verdict: the numbers it saw, the threshold, and a sentence that explains both."""

    name: str
    verdict: Verdict
    numbers: dict[str, float]
    threshold: float
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Evidence:
    """What is known of a candidate: holdout metrics, conversion and size; the champion's metrics where it has any."""

    metrics: dict[str, float]
    conversion_difference: float
    package_bytes: int
    champion_version: str | None
    champion_metrics: dict[str, float] | None
    synthetic: bool
    champion_synthetic: bool | None


def load_configuration(path: Path = CONFIGURATION_PATH) -> GateConfiguration:
    """Reads the thresholds strictly: a misspelt key must not switch a gate off."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path.name} holds no mapping")
    known = {field.name for field in fields(GateConfiguration)}
    if unknown := sorted(map(str, document.keys() - known)):
        raise ConfigurationError(f"{path.name}: unknown key {unknown[0]!r}; there are {', '.join(sorted(known))}")
    if missing := sorted(known - document.keys()):
        raise ConfigurationError(f"{path.name}: {missing[0]!r} is missing")
    for key, value in document.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigurationError(f"{path.name}: {key} is {value!r}, not a number")
    return GateConfiguration(**document)


def judge(evidence: Evidence, configuration: GateConfiguration) -> list[GateResult]:
    """All gates' results, in the order in which a reader wants them."""
    return [
        auc_floor(evidence, configuration),
        calibration(evidence, configuration),
        conversion(evidence, configuration),
        size_budget(evidence, configuration),
        data_source(evidence),
        champion_comparison(evidence, configuration),
    ]


def accepted(results: list[GateResult]) -> bool:
    """Whether no gate failed."""
    return all(result.verdict != "failed" for result in results)


def rejection_reason(results: list[GateResult]) -> str:
    """The failed gates' reasons in one line; empty where none failed."""
    return "; ".join(f"{result.name}: {result.reason}" for result in results if result.verdict == "failed")


def auc_floor(evidence: Evidence, configuration: GateConfiguration) -> GateResult:
    """The candidate ranks well enough, whatever the champion does."""
    auc, floor = evidence.metrics["auc"], configuration.min_auc
    return _result(
        "auc_floor", auc >= floor, {"auc": auc}, floor, f"holdout AUC {auc:.4f}, at least {floor:.4f} is needed"
    )


def calibration(evidence: Evidence, configuration: GateConfiguration) -> GateResult:
    """Scores mean what they say: they are read as probabilities."""
    error, ceiling = evidence.metrics["ece"], configuration.max_calibration_error
    reason = f"expected calibration error {error:.4f}, at most {ceiling:.4f} is allowed"
    return _result("calibration", error <= ceiling, {"ece": error}, ceiling, reason)


def conversion(evidence: Evidence, configuration: GateConfiguration) -> GateResult:
    """The graph is the model that was trained."""
    difference, ceiling = evidence.conversion_difference, configuration.max_conversion_difference
    reason = f"ONNX and trainer differ by {difference:.2g} at most, {ceiling:.2g} is allowed"
    return _result("conversion", difference <= ceiling, {"largest_difference": difference}, ceiling, reason)


def size_budget(evidence: Evidence, configuration: GateConfiguration) -> GateResult:
    """The package can be downloaded and loaded while traffic flows."""
    size, budget = evidence.package_bytes, configuration.max_package_bytes
    reason = f"the package has {size:,} bytes, at most {budget:,} are allowed"
    return _result("size_budget", size <= budget, {"package_bytes": size}, budget, reason)


def data_source(evidence: Evidence) -> GateResult:
    """What was learnt from generated rows does not take over from what was learnt from clients."""
    if evidence.champion_synthetic is None:
        return GateResult("data_source", "not_applicable", {}, 0, "there is no champion to take over from")
    if evidence.synthetic and not evidence.champion_synthetic:
        reason = f"trained on synthetic data; champion version {evidence.champion_version} was trained on real data"
        return GateResult("data_source", "failed", {}, 0, reason)
    reason = "trained on synthetic data, as the champion was" if evidence.synthetic else "trained on real data"
    return GateResult("data_source", "passed", {}, 0, reason)


def champion_comparison(evidence: Evidence, configuration: GateConfiguration) -> GateResult:
    """The candidate is better than the champion on the same rows, by more than noise would give."""
    needed = configuration.min_auc_gain
    auc = evidence.metrics["auc"]
    if evidence.champion_version is None:
        return GateResult(
            "champion_comparison", "not_applicable", {"auc": auc}, needed, "there is no champion; the floors decide"
        )
    if evidence.champion_metrics is None:
        return GateResult(
            "champion_comparison",
            "not_applicable",
            {"auc": auc},
            needed,
            f"champion version {evidence.champion_version} cannot score these rows; the floors decide",
        )
    champion = evidence.champion_metrics["auc"]
    gain = auc - champion
    reason = (
        f"holdout AUC {auc:.4f} against {champion:.4f} of champion version {evidence.champion_version}:"
        f" a gain of {gain:+.4f}, at least {needed:+.4f} is needed"
    )
    # A gain of exactly the threshold passes, also where the subtraction is off in its last bit.
    numbers = {"auc": auc, "champion_auc": champion, "gain": gain}
    return _result("champion_comparison", gain >= needed - 1e-12, numbers, needed, reason)


def _result(name: str, passed: bool, numbers: dict[str, float], threshold: float, reason: str) -> GateResult:
    return GateResult(name, "passed" if passed else "failed", numbers, threshold, reason)
