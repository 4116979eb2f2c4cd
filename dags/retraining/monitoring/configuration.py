"""What is watched and when it is too much: ``monitoring.yaml``, read strictly."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from retraining.errors import ConfigurationError

CONFIGURATION_PATH = Path(__file__).with_name("monitoring.yaml")


@dataclass(frozen=True)
class FeedbackConfiguration:
    """Which part of the feedback is read."""

    window_days: float
    max_rows: int
    clock_skew_seconds: float


@dataclass(frozen=True)
class QualityConfiguration:
    """From how many rows on a number is one."""

    min_labelled: int
    min_of_each_class: int


@dataclass(frozen=True)
class EstimateConfiguration:
    """Estimates before labels arrive."""

    min_rows: int
    min_reference: int
    min_label_coverage: float


@dataclass(frozen=True)
class DriftConfiguration:
    """When a distribution has moved."""

    window_hours: float
    min_rows: int
    max_psi: float
    max_jensen_shannon: float


@dataclass(frozen=True)
class RequestConfiguration:
    """When a retraining is asked for."""

    sustained_evaluations: int
    max_auc_loss: float
    cooldown_hours: float
    min_champion_age_hours: float
    min_labelled: int


@dataclass(frozen=True)
class FreshnessConfiguration:
    """How old the champion's data may be."""

    max_age_days: float


@dataclass(frozen=True)
class MonitoringConfiguration:
    """All of ``monitoring.yaml``; what each number means is said there."""

    feedback: FeedbackConfiguration
    quality: QualityConfiguration
    estimate: EstimateConfiguration
    drift: DriftConfiguration
    request: RequestConfiguration
    freshness: FreshnessConfiguration


_SECTIONS: dict[str, type[Any]] = {
    "feedback": FeedbackConfiguration,
    "quality": QualityConfiguration,
    "estimate": EstimateConfiguration,
    "drift": DriftConfiguration,
    "request": RequestConfiguration,
    "freshness": FreshnessConfiguration,
}
_POSITIVE = {"window_days", "max_rows", "window_hours", "sustained_evaluations", "max_age_days", "min_rows"}


def load_monitoring_configuration(path: Path = CONFIGURATION_PATH) -> MonitoringConfiguration:
    """Reads the file; ConfigurationError names the file and the key that is unknown, missing or out of range."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    sections = _mapping(document, path.name, set(_SECTIONS))
    values: dict[str, Any] = {
        name: _section(sections[name], f"{path.name}: {name}", kind) for name, kind in _SECTIONS.items()
    }
    return MonitoringConfiguration(**values)


def _mapping(document: object, where: str, expected: set[str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ConfigurationError(f"{where}: is no mapping")
    if unknown := sorted(map(str, document.keys() - expected)):
        raise ConfigurationError(f"{where}: unknown key {unknown[0]!r}; there are {', '.join(sorted(expected))}")
    if missing := sorted(expected - document.keys()):
        raise ConfigurationError(f"{where}: {missing[0]!r} is missing")
    return document


def _section(document: object, where: str, kind: type[Any]) -> Any:
    types = {item.name: item.type for item in fields(kind)}
    values = _mapping(document, where, set(types))
    for key, value in values.items():
        number = _number(value, f"{where}.{key}")
        if types[key] == "int" and number != int(number):
            raise ConfigurationError(f"{where}.{key} is {value!r}, not a whole number")
        if number < 0 or (key in _POSITIVE and number == 0):
            raise ConfigurationError(f"{where}.{key} is {value!r}, which is too small")
    return kind(**values)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ConfigurationError(f"{where} is {value!r}, not a number")
    return value
