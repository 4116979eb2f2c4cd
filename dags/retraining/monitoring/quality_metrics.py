"""Quality, estimates, drift and freshness as samples of gauges: all names and labels that are pushed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from retraining.monitoring.drift import ColumnDrift
from retraining.monitoring.estimate import Estimate
from retraining.monitoring.freshness import Freshness
from retraining.monitoring.pushed_metrics import Sample
from retraining.monitoring.quality import Quality
from retraining.monitoring.slices import ALL

_HELP = {
    "auc": "Area under the ROC curve of predictions whose outcome is known.",
    "ks": "Kolmogorov-Smirnov statistic of predictions whose outcome is known.",
    "brier": "Brier score of predictions whose outcome is known.",
    "calibration_error": "Mean distance between score and observed share of defaults, over ten bins.",
    "default_rate": "Share of defaults among predictions whose outcome is known.",
}
_ESTIMATED = {
    "auc": "Area under the ROC curve, estimated without labels (CBPE) for the last whole day.",
    "accuracy": "Accuracy of the decisions, estimated without labels (CBPE) for the last whole day.",
    "brier": "Brier score, estimated without labels (CBPE) for the last whole day.",
    "default_rate": "Share of defaults, estimated without labels (CBPE) for the last whole day.",
}


def quality_samples(quality: Iterable[Quality], at: datetime) -> Iterator[Sample]:
    """``model_quality_*`` by version and slice; bounds for the whole population only, to bound the series."""
    yield Sample("model_quality_evaluated_timestamp_seconds", "When quality was last measured.", at.timestamp(), {})
    for item in quality:
        labels = {"version": item.version, "slice": item.slice}
        yield Sample("model_quality_rows", "Predictions in the window.", item.rows, labels)
        yield Sample("model_quality_labelled_rows", "Those whose outcome is known.", item.labelled, labels)
        coverage = "Share of the predictions whose outcome is known."
        yield Sample("model_quality_label_coverage_ratio", coverage, item.label_coverage, labels)
        for name, interval in item.metrics.items():
            if interval is None:
                continue
            yield Sample(f"model_quality_{name}", _HELP[name], interval.value, labels)
            if item.slice == ALL:
                own = {"version": item.version}
                yield Sample(f"model_quality_{name}_lower", "Lower bound, 95% confidence.", interval.low, own)
                yield Sample(f"model_quality_{name}_upper", "Upper bound, 95% confidence.", interval.high, own)


def estimate_samples(estimates: Iterable[Estimate], errors: Mapping[str, Mapping[str, float]]) -> Iterator[Sample]:
    """``model_quality_estimated_*`` of every version's last day, and how far such estimates were off."""
    last = {item.version: item for item in sorted(estimates, key=lambda item: item.day)}
    for version, item in last.items():
        for name, interval in item.metrics.items():
            if interval is not None:
                yield Sample(f"model_quality_estimated_{name}", _ESTIMATED[name], interval.value, {"version": version})
    for version, by_metric in errors.items():
        for name, error in by_metric.items():
            said = "Mean absolute difference between estimated and realised quality of a day."
            yield Sample("model_quality_estimate_error", said, error, {"version": version, "metric": name})


def holdout_samples(auc: float | None, version: str, max_loss: float) -> Iterator[Sample]:
    """What live quality is held against: ``model_champion_holdout_auc`` and how far below it live AUC may be."""
    if auc is not None:
        said = "Area under the ROC curve of the champion on the rows that judged it."
        yield Sample("model_champion_holdout_auc", said, auc, {"version": version})
    limit = "How far the live AUC may be below the holdout's, the top of its interval included."
    yield Sample("model_quality_auc_loss_limit", limit, max_loss, {})


def drift_samples(columns: Iterable[ColumnDrift], version: str, at: datetime) -> Iterator[Sample]:
    """``model_drift_*`` by column, against the champion's reference."""
    yield Sample("model_drift_evaluated_timestamp_seconds", "When drift was last measured.", at.timestamp(), {})
    for column in columns:
        labels = {"version": version, "kind": column.kind, "column": column.name}
        if column.psi is None or column.jensen_shannon is None:
            continue
        yield Sample("model_drift_psi", "Population stability index of the window.", column.psi, labels)
        said = "Jensen-Shannon distance of the window, 0 to 1."
        yield Sample("model_drift_jensen_shannon", said, column.jensen_shannon, labels)
        yield Sample("model_drift_detected", "1 where the column has drifted.", float(column.drifted or 0), labels)


def freshness_samples(freshness: Freshness, version: str) -> Iterator[Sample]:
    """``model_champion_data_age_seconds`` and its limit."""
    labels = {"version": version, "source": freshness.source}
    said = "Age of the end of the champion's training data, or of its creation where the data has no time."
    yield Sample("model_champion_data_age_seconds", said, freshness.age.total_seconds(), labels)
    limit = "Age from which the champion counts as stale."
    yield Sample("model_champion_data_age_limit_seconds", limit, freshness.limit.total_seconds(), {})
