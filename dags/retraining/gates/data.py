"""The rows: where they are from, how old they are, and whether they give the answer away."""

from __future__ import annotations

from retraining.evidence import Evidence
from retraining.gates.configuration import DataFreshness, Leakage
from retraining.gates.result import GateResult, Verdict
from retraining.moments import parse_moment

_SECONDS_A_DAY = 86_400


def data_source(evidence: Evidence) -> GateResult:
    """What was learnt from generated rows does not take over from what was learnt from clients."""
    if evidence.champion["synthetic"] is None:
        return GateResult("data_source", "not_applicable", {}, {}, "there is no champion to take over from")
    synthetic = evidence.data["synthetic"]
    if synthetic and not evidence.champion["synthetic"]:
        reason = f"trained on synthetic data; champion version {evidence.champion['version']} was trained on real data"
        return GateResult("data_source", "failed", {}, {}, reason)
    reason = "trained on synthetic data, as the champion was" if synthetic else "trained on real data"
    return GateResult("data_source", "passed", {}, {}, reason)


def data_freshness(evidence: Evidence, configuration: DataFreshness) -> GateResult:
    """The last application in the data is not long before the moment that the model is trained for."""
    threshold = {"max_age_days": configuration.max_age_days}
    end = evidence.data["window"]["end"]
    if end is None:
        return GateResult("data_freshness", "not_applicable", {}, threshold, "the data set has no time")
    age = (parse_moment(evidence.data["as_of"]) - parse_moment(end)).total_seconds() / _SECONDS_A_DAY
    reason = f"the last application is of {end}, {age:.0f} days before {evidence.data['as_of']}"
    if evidence.data["synthetic"]:
        reason += "; the dates of generated rows are made up"
        return GateResult("data_freshness", "not_applicable", {"age_days": age}, threshold, reason)
    verdict: Verdict = "passed" if age <= configuration.max_age_days else "failed"
    reason += f"; at most {configuration.max_age_days:g} days are allowed"
    return GateResult("data_freshness", verdict, {"age_days": age}, threshold, reason)


def leakage(evidence: Evidence, configuration: Leakage) -> GateResult:
    """No feature alone predicts so well that it must have seen the outcome."""
    aucs = evidence.data["feature_auc"]
    threshold = {"max_feature_auc": configuration.max_feature_auc}
    best = max(aucs, key=aucs.__getitem__)
    numbers = {"best_feature_auc": aucs[best]}
    leaking = [f"{name} ({auc:.3f})" for name, auc in aucs.items() if not auc <= configuration.max_feature_auc]
    if leaking:
        reason = f"alone reaches an AUC above {configuration.max_feature_auc:g}: {', '.join(leaking)}"
        return GateResult("leakage", "failed", numbers, threshold, f"{reason}; does it know the outcome?")
    reason = f"the best feature alone is {best} with an AUC of {aucs[best]:.3f},"
    reason += f" at most {configuration.max_feature_auc:g} is allowed"
    return GateResult("leakage", "passed", numbers, threshold, reason)
