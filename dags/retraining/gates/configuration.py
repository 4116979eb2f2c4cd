"""``gates.yaml``, read strictly: a misspelt key must not switch a gate off."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

from retraining.errors import ConfigurationError
from retraining.slices import SliceDefinition

CONFIGURATION_PATH = Path(__file__).parents[1] / "gates.yaml"


def _number(low: float, high: float = math.inf) -> Any:
    """A number from ``low`` to ``high``, both included."""
    return field(metadata={"low": low, "high": high})


@dataclass(frozen=True)
class Discrimination:
    """Floors of the ranking."""

    min_auc: float = _number(0.5, 1)
    min_pr_auc_lift: float = _number(0)
    min_ks: float = _number(0, 1)


@dataclass(frozen=True)
class Calibration:
    """Bounds of how far scores may be from frequencies."""

    max_calibration_error: float = _number(0, 1)
    min_brier_skill: float = _number(-1, 1)


@dataclass(frozen=True)
class ChampionComparison:
    """What "better" means."""

    min_auc_gain: float = _number(0, 1)
    confidence: float = _number(0.5, 0.9999)


@dataclass(frozen=True)
class NonInferiority:
    """What "not worse anywhere" means."""

    when_inconclusive: Literal["passed", "needs_approval"]
    margin: float = _number(0, 1)
    confidence: float = _number(0.5, 0.9999)
    min_rows: int = _number(4)
    min_defaults: int = _number(2)


@dataclass(frozen=True)
class Fairness:
    """What groups of people may differ in."""

    attributes: tuple[str, ...]
    min_rows: int = _number(4)
    min_defaults: int = _number(2)
    min_group_auc: float = _number(0, 1)
    min_approval_ratio: float = _number(0, 1)
    max_opportunity_gap: float = _number(0, 1)


@dataclass(frozen=True)
class Stability:
    """How far scores may move from the champion's."""

    approval_above_psi: float = _number(0)
    max_psi: float = _number(0)


@dataclass(frozen=True)
class Conversion:
    """How far the graph may be from what it was made of."""

    max_difference: float = _number(0, 1)
    max_score_shift: float = _number(0, 1)


@dataclass(frozen=True)
class SizeBudget:
    """Bytes."""

    max_package_bytes: int = _number(1)


@dataclass(frozen=True)
class LatencyBudget:
    """Milliseconds in the serving runtime."""

    max_p50_ms: float = _number(0)
    max_p99_ms: float = _number(0)
    max_load_ms: float = _number(0)


@dataclass(frozen=True)
class DataFreshness:
    """Days."""

    max_age_days: float = _number(0)


@dataclass(frozen=True)
class Leakage:
    """What one feature may reach alone."""

    max_feature_auc: float = _number(0.5, 1)


@dataclass(frozen=True)
class GateConfiguration:
    """One block a gate; what each number means is said in ``gates.yaml``."""

    discrimination: Discrimination
    calibration: Calibration
    champion_comparison: ChampionComparison
    non_inferiority: NonInferiority
    fairness: Fairness
    stability: Stability
    conversion: Conversion
    size_budget: SizeBudget
    latency_budget: LatencyBudget
    data_freshness: DataFreshness
    leakage: Leakage
    slices: tuple[SliceDefinition, ...]


def load_configuration(path: Path = CONFIGURATION_PATH) -> GateConfiguration:
    """The thresholds, or a ConfigurationError that names the file and the key that is wrong."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _configuration(document)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path.name} is not YAML: {error}") from error
    except _WrongValueError as error:
        raise ConfigurationError(f"{path.name}: {error}") from error


class _WrongValueError(Exception):
    """A value that cannot be followed; the message names its key."""


def _configuration(document: Any) -> GateConfiguration:
    blocks = _mapping(document, "the file")
    names = [item.name for item in fields(GateConfiguration)]
    _check_keys(blocks, names, "")
    hints = get_type_hints(GateConfiguration)
    read: dict[str, Any] = {
        name: _block(blocks[name], hints[name], name) for name in names if is_dataclass(hints[name])
    }
    slices = tuple(_slice(name, value) for name, value in _mapping(blocks["slices"], "slices").items())
    configuration = GateConfiguration(**read, slices=slices)
    known = [item.name for item in slices]
    for name in configuration.fairness.attributes:
        if name not in known:
            raise _WrongValueError(f"fairness.attributes: there is no slice {name!r}; there are {', '.join(known)}")
    if configuration.stability.approval_above_psi > configuration.stability.max_psi:
        raise _WrongValueError("stability.approval_above_psi is above stability.max_psi")
    return configuration


def _block(value: Any, kind: Any, name: str) -> Any:
    block = _mapping(value, name)
    _check_keys(block, [item.name for item in fields(kind)], f"{name}.")
    hints = get_type_hints(kind)
    return kind(
        **{
            item.name: _value(block[item.name], hints[item.name], item.metadata, f"{name}.{item.name}")
            for item in fields(kind)
        }
    )


def _value(value: Any, kind: Any, bounds: Mapping[str, Any], key: str) -> Any:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise _WrongValueError(f"{key} is {value!r}, not one of {', '.join(get_args(kind))}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _WrongValueError(f"{key} is {value!r}, not a list of names")
        return tuple(value)
    number = _finite(value, key)
    if kind is int and not isinstance(value, int):
        raise _WrongValueError(f"{key} is {value!r}, not a whole number")
    if not bounds["low"] <= number <= bounds["high"]:
        upper = f" to {bounds['high']:g}" if math.isfinite(bounds["high"]) else " on"
        raise _WrongValueError(f"{key} is {value!r}, allowed is from {bounds['low']:g}{upper}")
    return value if kind is int else number


def _slice(name: Any, value: Any) -> SliceDefinition:
    key = f"slices.{name}"
    block = _mapping(value, key)
    cut = "groups" if "groups" in block else "bands"
    _check_keys(block, ["feature", cut], f"{key}.")
    if not isinstance(block["feature"], str):
        raise _WrongValueError(f"{key}.feature is {block['feature']!r}, not a name")
    if cut == "groups":
        groups = _mapping(block["groups"], f"{key}.groups")
        for group, codes in groups.items():
            if not isinstance(codes, list) or not codes:
                raise _WrongValueError(f"{key}.groups.{group} is {codes!r}, not a list of codes")
        return SliceDefinition(
            str(name), block["feature"], groups={str(group): list(groups[group]) for group in groups}
        )
    edges = block["bands"]
    if not isinstance(edges, list) or not edges:
        raise _WrongValueError(f"{key}.bands is {edges!r}, not a list of edges")
    numbers = [_finite(edge, f"{key}.bands") for edge in edges]
    if numbers != sorted(set(numbers)):
        raise _WrongValueError(f"{key}.bands does not rise: {edges!r}")
    return SliceDefinition(str(name), block["feature"], bands=tuple(numbers))


def _mapping(value: Any, key: str) -> Mapping[Any, Any]:
    if not isinstance(value, dict) or not value:
        raise _WrongValueError(f"{key} holds no mapping")
    return value


def _check_keys(block: Mapping[Any, Any], known: list[str], prefix: str) -> None:
    if unknown := sorted(str(key) for key in block if key not in known):
        raise _WrongValueError(f"unknown key {prefix + unknown[0]!r}; there are {', '.join(known)}")
    if missing := [name for name in known if name not in block]:
        raise _WrongValueError(f"{prefix + missing[0]!r} is missing")


def _finite(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongValueError(f"{key} is {value!r}, not a number")
    return float(value)
