"""The tasks of the two monitoring DAGs, one in each file of its name.

``model_quality_monitoring``: ``check_freshness``, and ``join_outcomes -> measure_quality, estimate_quality ->
publish_quality``. ``drift_detection``: ``join_outcomes -> measure_drift -> decide_retraining -> report_drift``.

Each takes the run and the settings, as those of ``pipeline/`` do; None means that there is nothing to do, which
is said in the log, and skips the task and those after it. Every one may run twice.
"""

from retraining.monitoring.tasks.check_freshness import check_freshness
from retraining.monitoring.tasks.decide_retraining import decide_retraining
from retraining.monitoring.tasks.estimate_quality import estimate_quality
from retraining.monitoring.tasks.join_outcomes import join_outcomes
from retraining.monitoring.tasks.measure_drift import measure_drift
from retraining.monitoring.tasks.measure_quality import measure_quality
from retraining.monitoring.tasks.publish_quality import publish_quality
from retraining.monitoring.tasks.report_drift import report_drift

__all__ = [
    "check_freshness",
    "decide_retraining",
    "estimate_quality",
    "join_outcomes",
    "measure_drift",
    "measure_quality",
    "publish_quality",
    "report_drift",
]
