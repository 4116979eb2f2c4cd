"""The package: the graph that was trained, small and fast enough, and callable as before."""

from __future__ import annotations

from retraining.evidence import Evidence
from retraining.gates.configuration import Conversion, LatencyBudget, SizeBudget
from retraining.gates.result import GateResult, Verdict
from retraining.signature import major_of

_SHOWN = 3


def conversion(evidence: Evidence, configuration: Conversion) -> GateResult:
    """The graph is the model that was trained; a variant with coarser numbers is near the one it was made of."""
    fidelity = evidence.candidate["fidelity"]
    if fidelity is not None:
        shift, allowed = fidelity["mean_shift"], configuration.max_score_shift
        return GateResult(
            "conversion",
            "passed" if shift <= allowed else "failed",
            {"mean_shift": shift, "largest_shift": fidelity["largest_shift"]},
            {"max_score_shift": allowed},
            f"scores are {shift:.4f} from those of {fidelity['parent']} on average, {allowed:g} is allowed"
            f" (at most {fidelity['largest_shift']:.4f})",
        )
    difference, ceiling = evidence.candidate["conversion_difference"], configuration.max_difference
    reason = f"ONNX and trainer differ by {difference:.2g} at most, {ceiling:.2g} is allowed"
    verdict: Verdict = "passed" if difference <= ceiling else "failed"
    return GateResult("conversion", verdict, {"largest_difference": difference}, {"max_difference": ceiling}, reason)


def size_budget(evidence: Evidence, configuration: SizeBudget) -> GateResult:
    """The package can be downloaded and loaded while traffic flows."""
    size, budget = evidence.candidate["package_bytes"], configuration.max_package_bytes
    reason = f"the package has {size:,} bytes, at most {budget:,} are allowed"
    verdict: Verdict = "passed" if size <= budget else "failed"
    return GateResult("size_budget", verdict, {"package_bytes": size}, {"max_package_bytes": budget}, reason)


def latency_budget(evidence: Evidence, configuration: LatencyBudget) -> GateResult:
    """The serving runtime loads it and answers in time."""
    threshold = {
        "max_p50_ms": configuration.max_p50_ms,
        "max_p99_ms": configuration.max_p99_ms,
        "max_load_ms": configuration.max_load_ms,
    }
    runtime = evidence.candidate["runtime"]
    if "problem" in runtime:
        return GateResult("latency_budget", "failed", {}, threshold, runtime["problem"])
    numbers = {"p50_ms": runtime["p50_ms"], "p99_ms": runtime["p99_ms"], "load_ms": runtime["load_ms"]}
    # Positively, so that what is not a number does not pass.
    passed = all(numbers[key] <= threshold[f"max_{key}"] for key in numbers)
    reason = (
        f"one row takes {numbers['p50_ms']:.3f} ms (p50) and {numbers['p99_ms']:.3f} ms (p99), loading"
        f" {numbers['load_ms']:.0f} ms; allowed are {configuration.max_p50_ms:g}, {configuration.max_p99_ms:g} and"
        f" {configuration.max_load_ms:g} ms"
    )
    return GateResult("latency_budget", "passed" if passed else "failed", numbers, threshold, reason)


def signature(evidence: Evidence) -> GateResult:
    """Whoever calls the champion can call the candidate; a change that breaks them is meant, and agreed to."""
    seen = evidence.candidate["signature"]
    if seen is None:
        version = evidence.champion["version"]
        reason = "there is no champion" if version is None else f"champion version {version} cannot be read"
        return GateResult("signature", "not_applicable", {}, {}, reason)
    if seen["kind"] == "identical":
        return GateResult("signature", "passed", {}, {}, "the signature is the champion's")
    if seen["kind"] == "compatible":
        reason = f"whoever calls the champion can call it: {_listed(seen['compatible'])}"
        return GateResult("signature", "passed", {}, {}, reason)
    changes = _listed(seen["breaking"])
    major, needed = major_of(seen["version"]), major_of(seen["champion_version"]) + 1
    if major >= needed:
        reason = f"breaks callers of version {seen['champion_version']} on purpose ({seen['version']}): {changes}"
        return GateResult("signature", "needs_approval", {"major": major}, {"min_major": needed}, reason)
    reason = f"breaks callers of the champion: {changes}. If that is meant, raise SIGNATURE_VERSION in schema.py"
    reason += f" from {seen['version']} to {needed}.0"
    return GateResult("signature", "failed", {"major": major}, {"min_major": needed}, reason)


def _listed(changes: list[str]) -> str:
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return ", ".join(changes[:_SHOWN]) + more
