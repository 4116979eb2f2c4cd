"""What a change of a model's signature means for those who call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from retraining.manifest import Feature, Manifest, Output

Change = Literal["identical", "compatible", "breaking"]


@dataclass(frozen=True)
class SignatureChange:
    """The kind of a change and its parts in words, the breaking ones first."""

    kind: Change
    breaking: list[str]
    compatible: list[str]


def signature_change(candidate: Manifest, champion: Manifest) -> SignatureChange:
    """Whether every request that the champion answers is answered by the candidate, and in the same form.

    Serving refuses a request that lacks a feature or has one that is not known, so that adding one breaks as
    much as removing one. Order counts: rows may be sent by position.
    """
    breaking: list[str] = []
    compatible: list[str] = []
    if candidate["task"] != champion["task"]:
        breaking.append(f"the task is {candidate['task']}, it was {champion['task']}")
    _compare_names(
        [feature["name"] for feature in candidate["features"]],
        [feature["name"] for feature in champion["features"]],
        breaking,
    )
    before = {feature["name"]: feature for feature in champion["features"]}
    for feature in candidate["features"]:
        if feature["name"] in before:
            _compare_feature(feature, before[feature["name"]], breaking, compatible)
    _compare_outputs(candidate["outputs"], champion["outputs"], breaking, compatible)
    meaning = [manifest.get("decision", {}).get("positive_class") for manifest in (candidate, champion)]
    if meaning[0] != meaning[1]:
        breaking.append(f"the positive class is {meaning[0]}, it was {meaning[1]}")
    kind: Change = "breaking" if breaking else "compatible" if compatible else "identical"
    return SignatureChange(kind, breaking, compatible)


def major_of(signature_version: str) -> int:
    """MAJOR of ``MAJOR.MINOR``; ValueError where it is none."""
    major, dot, minor = signature_version.partition(".")
    if not (dot and major.isdigit() and minor.isdigit()):
        raise ValueError(f"{signature_version!r} is not MAJOR.MINOR")
    return int(major)


def _compare_names(names: list[str], before: list[str], breaking: list[str]) -> None:
    breaking.extend(f"{name} is gone" for name in before if name not in names)
    breaking.extend(f"{name} is new and would have to be sent" for name in names if name not in before)
    if set(names) == set(before) and names != before:
        breaking.append("the features stand in another order")


def _compare_feature(now: Feature, before: Feature, breaking: list[str], compatible: list[str]) -> None:
    name = now["name"]
    if now["type"] != before["type"]:
        breaking.append(f"{name} is {now['type']}, it was {before['type']}")
    if now["nullable"] != before["nullable"]:
        (compatible if now["nullable"] else breaking).append(
            f"{name} {'may' if now['nullable'] else 'may no longer'} be null"
        )
    new, old = set(now.get("categories", [])), set(before.get("categories", []))
    if "categories" in now and "categories" not in before:
        breaking.append(f"{name} takes listed values only")
    elif "categories" in before and "categories" not in now:
        compatible.append(f"{name} takes any value")
    else:
        breaking.extend(f"{name} no longer takes {value!r}" for value in sorted(old - new, key=str))
        compatible.extend(f"{name} also takes {value!r}" for value in sorted(new - old, key=str))
    _compare_bound(name, "min", _bounds(now)[0], _bounds(before)[0], breaking, compatible)
    _compare_bound(name, "max", _bounds(now)[1], _bounds(before)[1], breaking, compatible)


def _bounds(feature: Feature) -> tuple[float, float]:
    given = feature.get("range", {})
    return given.get("min", float("-inf")), given.get("max", float("inf"))


def _compare_bound(name: str, side: str, now: float, before: float, breaking: list[str], compatible: list[str]) -> None:
    if now == before:
        return
    wider = now < before if side == "min" else now > before
    (compatible if wider else breaking).append(f"{name} has {side} {now:g}, it was {before:g}")


def _compare_outputs(now: list[Output], before: list[Output], breaking: list[str], compatible: list[str]) -> None:
    outputs = {output["name"]: output for output in now}
    for old in before:
        new = outputs.pop(old["name"], None)
        if new is None:
            breaking.append(f"the output {old['name']} is gone")
        elif (new["type"], new["shape"]) != (old["type"], old["shape"]):
            breaking.append(
                f"the output {old['name']} is {new['type']} {new['shape']}, it was {old['type']} {old['shape']}"
            )
    compatible.extend(f"the output {name} is new" for name in outputs)
