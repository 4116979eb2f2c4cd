"""What ``evaluate`` finds out, as JSON: computed once, read by the gates and by the dossier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from retraining.manifest import Window


class Variant(TypedDict):
    """A candidate that was made of another one."""

    of: str
    kind: str
    """``pruned`` or ``int8``."""


class Comparison(TypedDict):
    """Candidate and champion on the same rows (DeLong)."""

    auc: float
    champion_auc: float
    gain: float
    standard_error: float
    p_value: float


class SliceEvidence(TypedDict):
    """One slice of the holdout. Rates are None without rows, AUCs without two rows of each class."""

    slice: str
    group: str
    rows: int
    defaults: int
    auc: float | None
    approval_rate: float | None
    """Share with a score below the decision threshold."""
    opportunity: float | None
    """The same among those who paid."""
    champion_auc: float | None
    gain: float | None
    standard_error: float | None


class StabilityEvidence(TypedDict):
    """Candidate's scores against the champion's on the same rows."""

    psi: float
    mean_shift: float
    champion_calibration_error: float


class SignatureEvidence(TypedDict):
    """The candidate's signature against the champion's."""

    kind: Literal["identical", "compatible", "breaking"]
    breaking: list[str]
    compatible: list[str]
    version: str
    champion_version: str


class RuntimeEvidence(TypedDict):
    """Measured in the serving runtime, milliseconds; ``problem`` where it does not load there."""

    load_ms: NotRequired[float]
    p50_ms: NotRequired[float]
    p90_ms: NotRequired[float]
    p99_ms: NotRequired[float]
    rows_per_second: NotRequired[float]
    problem: NotRequired[str]


class Fidelity(TypedDict):
    """A coarser variant's scores against those of the model it was made of."""

    parent: str
    mean_shift: float
    largest_shift: float


class RocPoint(TypedDict):
    """One point of a ROC curve."""

    false_positive_rate: float
    true_positive_rate: float


class CalibrationBin(TypedDict):
    """A tenth of the rows by score: what was said, what came, and the 95 % interval of that."""

    mean_score: float
    observed: float
    low: float
    high: float
    rows: int


class ScoreHistogram(TypedDict):
    """Shares of each class between ``edges``; one share fewer than edges."""

    edges: list[float]
    paid: list[float]
    defaulted: list[float]


class Curves(TypedDict):
    """What the dossier draws of one model."""

    auc_interval: list[float]
    roc: list[RocPoint]
    calibration: list[CalibrationBin]
    scores: ScoreHistogram


class ChampionEvidence(TypedDict):
    """The champion on these rows. ``version`` is None without one, ``problem`` says why it has no metrics."""

    version: str | None
    synthetic: bool | None
    metrics: dict[str, float] | None
    problem: str | None
    curves: NotRequired[Curves]
    package_bytes: NotRequired[int]


class DataEvidence(TypedDict):
    """The rows that everything was measured on."""

    rows: int
    defaults: int
    synthetic: bool
    window: Window
    as_of: str
    """The moment that the model is trained for, ISO."""
    feature_auc: dict[str, float]
    """Of each feature alone, best first."""
    feature_drift: dict[str, float]
    """PSI of each feature: these training rows against the champion's reference; empty without one."""


class CandidateEvidence(TypedDict):
    """What is known of one candidate."""

    variant: Variant | None
    metrics: dict[str, float]
    threshold: float
    package_bytes: int
    conversion_difference: float
    fidelity: Fidelity | None
    runtime: RuntimeEvidence
    comparison: Comparison | None
    slices: list[SliceEvidence]
    stability: StabilityEvidence | None
    signature: SignatureEvidence | None
    curves: Curves


class Evaluation(TypedDict):
    """``evaluation.json``."""

    data: DataEvidence
    champion: ChampionEvidence
    candidates: dict[str, CandidateEvidence]


@dataclass(frozen=True)
class Evidence:
    """Everything that a gate may look at."""

    candidate: CandidateEvidence
    champion: ChampionEvidence
    data: DataEvidence


def evidence_of(evaluation: Evaluation, candidate: str) -> Evidence:
    """One candidate's evidence."""
    return Evidence(evaluation["candidates"][candidate], evaluation["champion"], evaluation["data"])
