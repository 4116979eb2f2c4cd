"""What a change of the signature means."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from retraining.signature import major_of, signature_change

MANIFEST: Any = {
    "task": "binary_classification",
    "features": [
        {"name": "income", "type": "float64", "nullable": False, "range": {"min": 0, "max": 100}},
        {"name": "grade", "type": "int64", "nullable": True, "categories": [1, 2]},
    ],
    "outputs": [{"name": "score", "type": "float32", "shape": []}],
    "decision": {"threshold": 0.5, "positive_class": 1},
}

Edit = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda m: m["features"][0]["range"].update(max=200), "income has max 200, it was 100"),
        (lambda m: m["features"][0].pop("range"), "income has min -inf"),
        (lambda m: m["features"][0].update(nullable=True), "income may be null"),
        (lambda m: m["features"][1]["categories"].append(3), "grade also takes 3"),
        (lambda m: m["features"][1].pop("categories"), "grade takes any value"),
        (lambda m: m["outputs"].append({"name": "label", "type": "int64", "shape": []}), "the output label is new"),
    ],
)
def test_more_than_before_is_compatible_and_less_is_breaking(edit: Edit, words: str) -> None:
    more = deepcopy(MANIFEST)
    edit(more)
    change = signature_change(more, MANIFEST)
    assert change.kind == "compatible"
    assert words in ", ".join(change.compatible)
    assert signature_change(MANIFEST, more).kind == "breaking"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda m: m["features"].pop(), "grade is gone"),
        (lambda m: m["features"].append(m["features"][0] | {"name": "age"}), "age is new and would have to be sent"),
        (lambda m: m["features"].reverse(), "another order"),
        (lambda m: m["features"][0].update(type="float32"), "income is float32, it was float64"),
        (lambda m: m.update(task="generic"), "the task is generic"),
        (lambda m: m["outputs"][0].update(shape=[2]), "the output score is float32 [2]"),
        (lambda m: m["outputs"].clear(), "the output score is gone"),
        (lambda m: m["decision"].update(positive_class=0), "the positive class is 0"),
    ],
)
def test_what_breaks_callers(edit: Edit, words: str) -> None:
    changed = deepcopy(MANIFEST)
    edit(changed)
    change = signature_change(changed, MANIFEST)
    assert change.kind == "breaking"
    assert words in ", ".join(change.breaking)


def test_the_threshold_is_no_part_of_the_signature() -> None:
    changed = deepcopy(MANIFEST)
    changed["decision"]["threshold"] = 0.1
    assert signature_change(changed, MANIFEST).kind == "identical"


def test_reads_the_major_version() -> None:
    assert major_of("12.3") == 12
    for text in ("1", "a.b", "", "1.2.3"):
        with pytest.raises(ValueError, match="is not MAJOR.MINOR"):
            major_of(text)
