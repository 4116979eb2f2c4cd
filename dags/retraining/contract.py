"""The rules of a manifest: the JSON Schema, then what a schema cannot say.

``check_manifest`` looks at the manifest alone. The rules that need the package's other files
(``signature``, ``graph``, digests) are in ``package.py``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, cast

from retraining.errors import ContractError
from retraining.manifest import Feature, Histogram, Manifest, Output, Scalar, TensorType

SCHEMA_PATH = Path(__file__).parents[2] / "mlflow" / "contract" / "model-package.schema.json"

_INTEGER_BITS: dict[str, int] = {"int32": 32, "int64": 64}
_FLOATS = frozenset({"float32", "float64"})

HOLDS: dict[TensorType, frozenset[str]] = {
    "float32": frozenset({"float32", "float64", "int32", "int64", "bool"}),
    "float64": frozenset({"float32", "float64", "int32", "int64", "bool"}),
    "int64": frozenset({"int32", "int64", "bool"}),
    "int32": frozenset({"int32", "bool"}),
    "bool": frozenset({"bool"}),
    "string": frozenset({"string"}),
}
"""Tensor type -> the feature types that can be packed into it."""


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


def check_manifest(document: object, *, model_name: str | None = None) -> Manifest:
    """The document as a manifest, or a ContractError at the first rule that it breaks.

    ``model_name`` is the registered model that it is meant for, where there is one.
    """
    _check_schema(document)
    manifest = cast(Manifest, document)
    _check_names(manifest)
    for feature in manifest["features"]:
        _check_domain(feature)
    _check_tensor_type(manifest)
    _check_golden_rows(manifest)
    _check_golden_outputs(manifest)
    _check_histograms(manifest)
    if model_name is not None and manifest["model_name"] != model_name:
        raise ContractError(
            "model-name", f"the manifest is for {manifest['model_name']!r}, the registered model is {model_name!r}"
        )
    return manifest


def of_type(value: object, tensor_type: TensorType) -> bool:
    """Whether a JSON value can be a value of ``tensor_type``; 2.0 is an integer, as it is in JSON."""
    if tensor_type == "string":
        return isinstance(value, str)
    if tensor_type == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    if tensor_type in _FLOATS:
        return True
    half = 1 << (_INTEGER_BITS[tensor_type] - 1)
    return value == int(value) and -half <= value < half


def _check_schema(document: object) -> None:
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(document))
    if error is not None:
        raise ContractError("schema", f"{error.json_path}: {error.message[:500]}")


def _check_names(manifest: Manifest) -> None:
    _unique("feature", (feature["name"] for feature in manifest["features"]))
    _unique("output", (output["name"] for output in manifest["outputs"]))
    paths = [file["path"] for file in manifest["files"]]
    _unique("file path", paths)
    known = set(paths)
    for path in paths:
        for folder in PurePosixPath(path).parents:
            if str(folder) in known:
                raise ContractError("file-path", f"{str(folder)!r} cannot be a file and the folder of {path!r}")


def _unique(what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ContractError("duplicate-name", f"{what} {twice[0]!r} is there more than once")


def _check_domain(feature: Feature) -> None:
    bounds = feature.get("range", {})
    if "min" in bounds and "max" in bounds and bounds["min"] > bounds["max"]:
        raise ContractError(
            "feature-domain", f"{feature['name']}: range.min {bounds['min']} is above range.max {bounds['max']}"
        )
    for category in feature.get("categories", []):
        if not of_type(category, feature["type"]):
            raise ContractError("feature-domain", f"{feature['name']}: category {category!r} is no {feature['type']}")


def _check_tensor_type(manifest: Manifest) -> None:
    layout = manifest["input"]
    if layout["layout"] != "tensor":
        return
    for feature in manifest["features"]:
        if feature["type"] not in HOLDS[layout["type"]]:
            raise ContractError(
                "tensor-type", f"{feature['name']} is {feature['type']}, the tensor {layout['name']} {layout['type']}"
            )


def _check_golden_rows(manifest: Manifest) -> None:
    features = manifest["features"]
    for index, row in enumerate(manifest["golden"]["rows"]):
        if len(row) != len(features):
            raise ContractError("golden-row", f"row {index} has {len(row)} values for {len(features)} features")
        for feature, value in zip(features, row, strict=True):
            fault = _fault(feature, value)
            if fault:
                raise ContractError("golden-row", f"row {index}, {feature['name']}: {value!r} {fault}")


def _fault(feature: Feature, value: Scalar | None) -> str | None:
    """Why the feature refuses the value; None where it takes it."""
    if value is None:
        return None if feature["nullable"] else "is not allowed: the feature is not nullable"
    if not of_type(value, feature["type"]):
        return f"is no {feature['type']}"
    # Types agree by now, so that True can no longer pass for 1.
    if "categories" in feature and value not in feature["categories"]:
        return "is none of its categories"
    bounds = feature.get("range", {})
    if isinstance(value, int | float) and not bounds.get("min", -math.inf) <= value <= bounds.get("max", math.inf):
        return f"is outside its range {bounds}"
    return None


def _check_golden_outputs(manifest: Manifest) -> None:
    golden = manifest["golden"]
    declared = {output["name"]: output for output in manifest["outputs"]}
    if golden["outputs"].keys() != declared.keys():
        raise ContractError("golden-output", f"answers for {sorted(golden['outputs'])}, outputs are {sorted(declared)}")
    for name, answers in golden["outputs"].items():
        if len(answers) != len(golden["rows"]):
            raise ContractError("golden-output", f"{name} has {len(answers)} answers for {len(golden['rows'])} rows")
        for index, answer in enumerate(answers):
            if not _answers(answer, declared[name]):
                raise ContractError(
                    "golden-output",
                    f"{name}, row {index}: {answer!r} is not of type and shape"
                    f" {declared[name]['type']} {declared[name]['shape']}",
                )


def _answers(answer: Scalar | list[Scalar], output: Output) -> bool:
    if not output["shape"]:
        return not isinstance(answer, list) and of_type(answer, output["type"])
    if not isinstance(answer, list) or len(answer) != output["shape"][0]:
        return False
    return all(of_type(item, output["type"]) for item in answer)


def _check_histograms(manifest: Manifest) -> None:
    reference = manifest["reference"]
    for kind, histograms, declared in (
        ("feature", reference["features"], {feature["name"] for feature in manifest["features"]}),
        ("output", reference["outputs"], {output["name"] for output in manifest["outputs"]}),
    ):
        for name, histogram in histograms.items():
            if name not in declared:
                raise ContractError("histogram", f"there is no {kind} {name!r}")
            _check_bins(name, histogram)


def _check_bins(name: str, histogram: Histogram) -> None:
    if histogram["kind"] == "categorical":
        if len(histogram["counts"]) != len(histogram["categories"]):
            raise ContractError(
                "histogram", f"{name}: {len(histogram['counts'])} counts, {len(histogram['categories'])} categories"
            )
        return
    edges = histogram["edges"]
    if any(left >= right for left, right in pairwise(edges)):
        raise ContractError("histogram", f"{name}: the edges do not ascend")
    if len(histogram["counts"]) != len(edges) + 1:
        raise ContractError("histogram", f"{name}: {len(histogram['counts'])} counts for {len(edges)} edges")
