"""The plan of a rollout, as a file that the serving command line reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retraining.errors import ConfigurationError


@contextmanager
def plan_file(of_environment: str, overrides: Mapping[str, Any]) -> Iterator[Path | None]:
    """The file that ROLLOUT_PLAN names, or one with what a run wants otherwise put over it; None where neither is.

    Which members there are, and what is shipped for those that are left out, only the command knows: it refuses others.
    """
    if not overrides:
        yield Path(of_environment) if of_environment else None
        return
    plan = _merged(_read(Path(of_environment)) if of_environment else {}, overrides)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "plan.json"
        path.write_text(json.dumps(plan), encoding="utf-8")
        yield path


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Objects member by member; lists and values as a whole."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged


def _read(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"ROLLOUT_PLAN cannot be read: {error}") from error
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"ROLLOUT_PLAN: {path} holds no object")
    return document
