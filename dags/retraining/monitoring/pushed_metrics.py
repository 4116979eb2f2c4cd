"""Metrics for Prometheus, by way of a Pushgateway: tasks are gone before anything could scrape them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urlsplit

from retraining.errors import ConfigurationError, MetricsRefusedError

_LOG = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Sample:
    """One value of one gauge. Samples of a name share its help and the names of its labels."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str]


def push(url: str, *, job: str, model: str, samples: Iterable[Sample]) -> bool:
    """Replaces all metrics of the job and the model, so that series of versions that are gone go with them.

    False, and a line in the log, where no Pushgateway is configured or none answers: what was measured is in MLflow
    anyway, and an alert watches how old the numbers in Prometheus are (ModelMonitoringLate). Raises
    MetricsRefusedError where one answers and does not take them.
    """
    if not url:
        _LOG.info("no metrics are pushed: PUSHGATEWAY_URL is not set")
        return False
    if urlsplit(url).scheme not in ("http", "https"):
        raise ConfigurationError("PUSHGATEWAY_URL is no http or https address")
    from prometheus_client import CollectorRegistry, Gauge, push_to_gateway

    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for sample in samples:
        if sample.name not in gauges:
            gauges[sample.name] = Gauge(sample.name, sample.help, list(sample.labels), registry=registry)
        gauge = gauges[sample.name]
        (gauge.labels(**sample.labels) if sample.labels else gauge).set(sample.value)
    try:
        # PUT, not POST: what is not in it is deleted.
        push_to_gateway(url, job=job, registry=registry, grouping_key={"model": model}, timeout=_TIMEOUT_SECONDS)
    except HTTPError as error:
        raise MetricsRefusedError(f"the Pushgateway did not take the metrics: it answers {error.code}") from error
    except OSError as error:  # also what urllib raises
        _LOG.warning("%s metrics of job %s are not pushed: %s", len(gauges), job, type(error).__name__)
        return False
    _LOG.info("%s metrics of job %s are pushed", len(gauges), job)
    return True
