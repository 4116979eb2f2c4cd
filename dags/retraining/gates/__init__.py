"""The gates: small pure functions from evidence to a verdict with a reason.

A candidate is accepted when no gate fails. The thresholds are in ``gates.yaml``.
"""

from retraining.gates.configuration import CONFIGURATION_PATH, GateConfiguration, load_configuration
from retraining.gates.judge import judge
from retraining.gates.result import GateResult, Verdict, accepted, approval_reason, rejection_reason
from retraining.gates.slice_judgement import SliceJudgement, judge_slices

__all__ = [
    "CONFIGURATION_PATH",
    "GateConfiguration",
    "GateResult",
    "SliceJudgement",
    "Verdict",
    "accepted",
    "approval_reason",
    "judge",
    "judge_slices",
    "load_configuration",
    "rejection_reason",
]
