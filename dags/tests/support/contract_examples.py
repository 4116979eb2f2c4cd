"""Writes ``mlflow/contract/examples``: ``python -m tests.support.contract_examples`` (from ``dags/``).

Every invalid example is a valid one with a single thing changed, so that it can break one rule only.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[3] / "mlflow" / "contract" / "examples"

Document = dict[str, Any]
Change = Callable[[Document], object]


def write_examples(directory: Path = EXAMPLES) -> list[Path]:
    """Writes all examples below ``directory`` and returns their paths."""
    written = []
    for folder, examples in (("valid", valid_examples()), ("invalid", invalid_examples())):
        (directory / folder).mkdir(parents=True, exist_ok=True)
        for name, document in examples.items():
            path = directory / folder / f"{name}.json"
            path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            written.append(path)
    return written


def valid_examples() -> dict[str, Document]:
    """Manifests that keep every rule, by name."""
    return {
        "binary-classification-tensor": _binary(),
        "generic-columns-strings": _columns(),
        "generic-vector-output": _vector(),
    }


def invalid_examples() -> dict[str, Document]:
    """Manifests that break one rule each, named ``<code>--<what>``."""
    examples = {}
    for base, changes in ((_binary, _BINARY_CHANGES), (_columns, _COLUMNS_CHANGES), (_vector, _VECTOR_CHANGES)):
        for name, change in changes.items():
            document = copy.deepcopy(base())
            change(document)
            examples[name] = document
    return examples


def _manifest(**parts: Any) -> Document:
    return {
        "contract_version": 1,
        "model_name": "example",
        "task": "generic",
        "files": [
            {"path": "MLmodel", "sha256": "a" * 64, "bytes": 700},
            {"path": "model.onnx", "sha256": "b" * 64, "bytes": 1200},
        ],
        **parts,
        "lineage": {
            "git_commit": None,
            "dag_id": "example_retraining",
            "dag_run_id": "manual__2026-01-01T00:00:00+00:00",
            "seed": 7,
            "created_at": "2026-01-01T00:00:00Z",
            "environment_lock_sha256": None,
            "data": {
                "uri": "synthetic:",
                "sha256": "c" * 64,
                "rows": 100,
                "synthetic": True,
                "window": {"start": None, "end": None},
            },
        },
        "metrics": {"holdout_auc": 0.75},
    }


def _binary() -> Document:
    document = _manifest(
        input={"layout": "tensor", "name": "features", "type": "float32"},
        features=[
            {"name": "income", "type": "float32", "nullable": True, "description": "Thousands a year."},
            {"name": "grade", "type": "int64", "nullable": False, "categories": [1, 2, 3]},
            {"name": "age", "type": "int32", "nullable": False, "range": {"min": 18, "max": 120}},
        ],
        outputs=[
            {"name": "score", "type": "float32", "shape": []},
            {"name": "label", "type": "int64", "shape": []},
        ],
        decision={"threshold": 0.5, "positive_class": 1},
        golden={
            "rows": [[40.5, 1, 18], [None, 3, 120]],
            "outputs": {"score": [0.25, 0.75], "label": [0, 1]},
            "tolerance": 0.00001,
        },
        reference={
            "features": {
                "income": {"kind": "numeric", "edges": [20, 40], "counts": [30, 40, 20], "missing": 10},
                "grade": {"kind": "categorical", "categories": [1, 2, 3], "counts": [50, 30, 20], "missing": 0},
            },
            "outputs": {"score": {"kind": "numeric", "edges": [0.5], "counts": [80, 20], "missing": 0}},
        },
    )
    return document | {"task": "binary_classification"}


def _columns() -> Document:
    return _manifest(
        input={"layout": "columns"},
        features=[
            {"name": "purpose", "type": "string", "nullable": False, "categories": ["car", "home"]},
            {"name": "amount", "type": "float64", "nullable": False, "range": {"min": 0}},
            {"name": "insured", "type": "bool", "nullable": False},
        ],
        outputs=[
            {"name": "segment", "type": "string", "shape": []},
            {"name": "review", "type": "bool", "shape": []},
        ],
        golden={
            "rows": [["car", 1500.5, True], ["home", 0, False]],
            "outputs": {"segment": ["prime", "watch"], "review": [False, True]},
            "tolerance": 0,
        },
        reference={
            "features": {
                "purpose": {"kind": "categorical", "categories": ["car", "home"], "counts": [60, 40], "missing": 0}
            },
            "outputs": {},
        },
    )


def _vector() -> Document:
    return _manifest(
        input={"layout": "tensor", "name": "x", "type": "float64"},
        features=[{"name": "x0", "type": "float64", "nullable": False}],
        outputs=[
            {"name": "probabilities", "type": "float32", "shape": [3]},
            {"name": "best", "type": "int64", "shape": [1]},
        ],
        golden={
            "rows": [[0.5], [-2]],
            "outputs": {"probabilities": [[0.2, 0.3, 0.5], [1, 0, 0]], "best": [[2], [0]]},
            "tolerance": 0.001,
        },
        reference={"features": {}, "outputs": {}},
    )


def _set(*path: str | int, to: Any) -> Change:
    """A change that sets the value at ``path``."""

    def change(document: Document) -> None:
        target: Any = document
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return change


def _drop(*path: str | int) -> Change:
    """A change that removes what is at ``path``."""

    def change(document: Document) -> None:
        target: Any = document
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]

    return change


def _repeat(part: str) -> Change:
    """A change that lists the first item of ``part`` a second time."""
    return lambda document: document[part].append(copy.deepcopy(document[part][0]))


_BINARY_CHANGES: dict[str, Change] = {
    "duplicate-name--file-path": _repeat("files"),
    "duplicate-name--output": _repeat("outputs"),
    "file-path--file-and-folder": lambda document: document["files"].append(
        {"path": "model.onnx/weights", "sha256": "d" * 64, "bytes": 1}
    ),
    "golden-row--too-short": _set("golden", "rows", 0, to=[40.5, 1]),
    "golden-row--text-for-a-number": _set("golden", "rows", 0, 0, to="40.5"),
    "golden-row--fraction-for-an-integer": _set("golden", "rows", 0, 2, to=18.5),
    "golden-row--boolean-for-an-integer": _set("golden", "rows", 0, 1, to=True),
    "golden-row--outside-the-range": _set("golden", "rows", 1, 2, to=121),
    "golden-row--unknown-category": _set("golden", "rows", 0, 1, to=4),
    "golden-row--null-where-not-nullable": _set("golden", "rows", 0, 1, to=None),
    "golden-output--missing": _drop("golden", "outputs", "label"),
    "golden-output--not-declared": _set("golden", "outputs", "margin", to=[0, 0]),
    "golden-output--too-few-answers": _set("golden", "outputs", "score", to=[0.25]),
    "histogram--edges-descend": _set("reference", "features", "income", "edges", to=[40, 20]),
    "histogram--as-many-counts-as-edges": _set("reference", "features", "income", "counts", to=[30, 70]),
    "histogram--too-few-category-counts": _set("reference", "features", "grade", "counts", to=[50, 50]),
    "histogram--of-no-feature": _set(
        "reference", "features", "height", to={"kind": "numeric", "edges": [], "counts": [100], "missing": 0}
    ),
    "histogram--of-no-output": _set(
        "reference", "outputs", "margin", to={"kind": "numeric", "edges": [], "counts": [100], "missing": 0}
    ),
    "feature-domain--min-above-max": _set("features", 2, "range", to={"min": 120, "max": 18}),
    "feature-domain--category-of-another-type": _set("features", 1, "categories", to=[1, 2, 3, "4"]),
    "tensor-type--text-in-a-float-tensor": _set(
        "features", 0, to={"name": "income", "type": "string", "nullable": False}
    ),
    "tensor-type--numbers-in-a-string-tensor": _set("input", "type", to="string"),
    "schema--unknown-key": _set("comment", to="no"),
    "schema--unknown-contract-version": _set("contract_version", to=2),
    "schema--no-golden": _drop("golden"),
    "schema--no-decision": _drop("decision"),
    "schema--score-is-an-integer": _set("outputs", 0, "type", to="int64"),
    "schema--threshold-above-one": _set("decision", "threshold", to=1.5),
    "schema--no-graph": _set("files", 1, "path", to="other.onnx"),
    "schema--path-leaves-the-package": _set("files", 1, "path", to="../model.onnx"),
    "schema--manifest-names-itself": lambda document: document["files"].append(
        {"path": "manifest.json", "sha256": "d" * 64, "bytes": 1}
    ),
    "schema--digest-is-not-hexadecimal": _set("files", 0, "sha256", to="z" * 64),
    "schema--unknown-type": _set("features", 0, "type", to="decimal"),
    "schema--nullable-integer": _set("features", 1, "nullable", to=True),
    "schema--tolerance-hides-errors": _set("golden", "tolerance", to=0.5),
    "schema--moment-without-zone": _set("lineage", "created_at", to="2026-01-01T00:00:00"),
}
_COLUMNS_CHANGES: dict[str, Change] = {
    "duplicate-name--feature": _set("features", 2, "name", to="purpose"),
    "golden-row--number-for-text": _set("golden", "rows", 0, 0, to=1),
    "golden-row--number-for-a-boolean": _set("golden", "rows", 0, 2, to=1),
    "schema--range-of-text": _set("features", 0, "range", to={"min": 0}),
}
_VECTOR_CHANGES: dict[str, Change] = {
    "golden-output--list-too-short": _set("golden", "outputs", "probabilities", 0, to=[0.5, 0.5]),
    "golden-output--scalar-for-a-list": _set("golden", "outputs", "probabilities", 0, to=0.5),
}


if __name__ == "__main__":
    for example in write_examples():
        print(example.relative_to(EXAMPLES))
