"""All gates, in the order in which a reader wants them."""

from __future__ import annotations

from retraining.evidence import Evidence
from retraining.gates.champion import champion_comparison, non_inferiority, stability
from retraining.gates.configuration import GateConfiguration
from retraining.gates.data import data_freshness, data_source, leakage
from retraining.gates.fairness import fairness
from retraining.gates.package import conversion, latency_budget, signature, size_budget
from retraining.gates.quality import calibration, discrimination
from retraining.gates.result import GateResult


def judge(evidence: Evidence, configuration: GateConfiguration) -> list[GateResult]:
    """Every gate's result. To add a gate: a function, a block in ``gates.yaml`` with its dataclass, a line here."""
    allowed_error = configuration.calibration.max_calibration_error
    return [
        discrimination(evidence, configuration.discrimination),
        calibration(evidence, configuration.calibration),
        champion_comparison(evidence, configuration.champion_comparison),
        non_inferiority(evidence, configuration.non_inferiority),
        fairness(evidence, configuration.fairness),
        stability(evidence, configuration.stability, allowed_error),
        leakage(evidence, configuration.leakage),
        data_source(evidence),
        data_freshness(evidence, configuration.data_freshness),
        signature(evidence),
        conversion(evidence, configuration.conversion),
        size_budget(evidence, configuration.size_budget),
        latency_budget(evidence, configuration.latency_budget),
    ]
