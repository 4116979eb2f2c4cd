"""What a search may choose: ranges and alternatives, written beside a candidate's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Choice = float | int | str
"""A chosen value as a search keeps it: a number, or the label of an alternative."""


@dataclass(frozen=True)
class Between:
    """A number from ``low`` to ``high``, both included; whole where both bounds are."""

    low: float
    high: float
    log: bool = False
    """Whether a factor counts rather than a difference, as for learning rates."""

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are chosen."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class OneOf:
    """One of some values, each under a label, so that a tuple is searched and logged as easily as a number."""

    values: Mapping[str, Any]


Space = Mapping[str, Between | OneOf]
"""Parameter name -> what it may be. Parameters that are not in it keep their value."""


def parameters_of(space: Space, choices: Mapping[str, Choice]) -> dict[str, Any]:
    """The parameters that choices stand for."""
    return {name: _value(space[name], choice) for name, choice in choices.items()}


def choices_of(space: Space, parameters: Mapping[str, Any]) -> dict[str, Choice]:
    """The choices that stand for a candidate's own parameters; ValueError where the space leaves one out."""
    return {name: _choice(name, range_, parameters[name]) for name, range_ in space.items()}


def _value(range_: Between | OneOf, choice: Choice) -> Any:
    return range_.values[str(choice)] if isinstance(range_, OneOf) else choice


def _choice(name: str, range_: Between | OneOf, value: Any) -> Choice:
    if isinstance(range_, OneOf):
        labels = [label for label, listed in range_.values.items() if listed == value]
        if labels:
            return labels[0]
    elif range_.low <= value <= range_.high:
        chosen: Choice = value
        return chosen
    raise ValueError(f"the search space of {name} does not hold its own default, {value!r}")
