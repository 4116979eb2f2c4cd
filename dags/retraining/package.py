"""The model package: the folder that a model version points at.

The contract is ``mlflow/contract/README.md``. ``write_package`` makes a folder that keeps it, whatever
the model is (credit scoring is not mentioned here); ``check_package`` refuses one that does not.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from retraining.contract import check_manifest
from retraining.digest import sha256_of_bytes, sha256_of_file
from retraining.errors import ContractError
from retraining.manifest import (
    ColumnsInput,
    Decision,
    Feature,
    File,
    Golden,
    Lineage,
    Manifest,
    Output,
    Reference,
    Row,
    TensorInput,
    TensorType,
)
from retraining.scorer import Scorer, plain

if TYPE_CHECKING:
    import onnx

MANIFEST_NAME = "manifest.json"
GOLDEN_TOLERANCE = 1e-5
"""The same bound that validates a conversion: kernels of two platforms may differ by less, models by more."""

_MLFLOW_TYPES: dict[TensorType, str] = {
    "float32": "float",
    "float64": "double",
    "int32": "integer",
    "int64": "long",
    "bool": "boolean",
    "string": "string",
}


@dataclass(frozen=True)
class Description:
    """What a model takes and answers."""

    model_name: str
    task: Literal["binary_classification", "generic"]
    input: TensorInput | ColumnsInput
    features: list[Feature]
    outputs: list[Output]
    decision: Decision | None = None

    @classmethod
    def of_manifest(cls, manifest: Manifest) -> Description:
        """What a package's manifest says of its model."""
        return cls(
            model_name=manifest["model_name"],
            task=manifest["task"],
            input=manifest["input"],
            features=manifest["features"],
            outputs=manifest["outputs"],
            decision=manifest.get("decision"),
        )


@dataclass(frozen=True)
class Package:
    """A package folder whose bytes were checked; ``digest`` is ``sha256:<hex of manifest.json>``."""

    directory: Path
    manifest: Manifest
    digest: str

    @property
    def bytes(self) -> int:
        """Size of all files, the manifest included."""
        return sum(file["bytes"] for file in self.manifest["files"]) + (self.directory / MANIFEST_NAME).stat().st_size


def write_package(
    directory: Path,
    *,
    model: onnx.ModelProto,
    description: Description,
    golden_rows: Sequence[Row],
    reference: Reference,
    lineage: Lineage,
    metrics: dict[str, float],
) -> Package:
    """Writes the package to ``directory`` (replacing one that is there) and checks it as serving will.

    The golden outputs are what the graph answers here. A ContractError means that the package would
    have been refused by serving; nothing is left behind then.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as scratch:
        folder = Path(scratch) / "package"
        _save_model(folder, model, description)
        scorer = Scorer(
            folder / "model.onnx",
            layout=description.input,
            features=description.features,
            outputs=description.outputs,
        )
        answers = scorer.score_rows(golden_rows)
        manifest: Manifest = {
            "contract_version": 1,
            "model_name": description.model_name,
            "task": description.task,
            "files": list_files(folder),
            "input": description.input,
            "features": description.features,
            "outputs": description.outputs,
            "golden": Golden(
                rows=list(golden_rows),
                outputs={name: plain(array) for name, array in answers.items()},
                tolerance=GOLDEN_TOLERANCE,
            ),
            "reference": reference,
            "lineage": lineage,
            "metrics": metrics,
        }
        if description.decision is not None:
            manifest["decision"] = description.decision
        write_manifest(folder, manifest)
        check_package(folder)
        if directory.exists():
            shutil.rmtree(directory)
        folder.rename(directory)
    return check_package(directory)


def list_files(directory: Path) -> list[File]:
    """Every file of the folder except the manifest, ordered by path."""
    return [
        File(path=path.relative_to(directory).as_posix(), sha256=sha256_of_file(path), bytes=path.stat().st_size)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path != directory / MANIFEST_NAME
    ]


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Writes ``manifest.json``; NaN and infinity are refused, since JSON has neither."""
    try:
        text = json.dumps(manifest, indent=1, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ContractError("schema", "a number in the manifest is not finite") from error
    (directory / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def digest_of(directory: Path) -> str:
    """The digest that the package goes by: ``sha256:<hex of manifest.json>``."""
    path = directory / MANIFEST_NAME
    if not path.is_file():
        raise ContractError("missing-file", f"{directory.name} has no {MANIFEST_NAME}")
    return f"sha256:{sha256_of_bytes(path.read_bytes())}"


def check_package(directory: Path, *, model_name: str | None = None, digest: str | None = None) -> Package:
    """The package in ``directory``, or a ContractError at the first rule that it breaks.

    ``digest`` is what the registry says it should be; ``model_name`` the registered model.
    """
    actual = digest_of(directory)
    if digest is not None and actual != digest:
        raise ContractError("digest", f"{MANIFEST_NAME} is {actual}, the registry says {digest}")
    try:
        document = json.loads((directory / MANIFEST_NAME).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ContractError("schema", f"{MANIFEST_NAME} is not JSON: {error}") from error
    manifest = check_manifest(document, model_name=model_name)
    for file in manifest["files"]:
        path = directory / file["path"]
        if not path.is_file():
            raise ContractError("missing-file", f"{file['path']} is not in the package")
        if path.stat().st_size != file["bytes"] or sha256_of_file(path) != file["sha256"]:
            raise ContractError("digest", f"{file['path']} is not the file that the manifest names")
    _check_signature(directory / "MLmodel", manifest)
    Scorer.of_package(directory, manifest)
    return Package(directory=directory, manifest=manifest, digest=actual)


def _check_signature(path: Path, manifest: Manifest) -> None:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = json.loads(document["signature"]["inputs"])
        registered = [(column["name"], column["type"], column.get("required", True)) for column in columns]
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ContractError("signature", f"MLmodel has no signature with named inputs: {error!r}") from error
    declared = [(item["name"], _MLFLOW_TYPES[item["type"]], not item["nullable"]) for item in manifest["features"]]
    if len(registered) != len(declared):
        raise ContractError("signature", f"MLmodel names {len(registered)} inputs, the manifest {len(declared)}")
    for theirs, ours in zip(registered, declared, strict=True):
        if theirs != ours:
            raise ContractError("signature", f"MLmodel says (name, type, required) {theirs}, the manifest {ours}")


def _save_model(folder: Path, model: onnx.ModelProto, description: Description) -> None:
    import logging

    import mlflow.onnx
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema, TensorSpec

    # Warns that pip itself is not installed, which an environment made by uv is right not to have.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    inputs = [
        ColSpec(type=_MLFLOW_TYPES[feature["type"]], name=feature["name"], required=not feature["nullable"])
        for feature in description.features
    ]
    mlflow.onnx.save_model(
        model,
        str(folder),
        signature=ModelSignature(
            inputs=Schema(inputs),
            outputs=Schema([_output_spec(TensorSpec, output) for output in description.outputs]),
        ),
        # Given rather than inferred: inference loads the model in a fresh process to watch its imports.
        pip_requirements=[f"{name}=={version(name)}" for name in ("onnx", "onnxruntime")],
        # One file: a graph whose weights lie beside it would have to be opened by folder.
        save_as_external_data=False,
    )


def _output_spec(tensor_spec: Any, output: Output) -> Any:
    import numpy as np

    kind = "str" if output["type"] == "string" else output["type"]
    return tensor_spec(type=np.dtype(kind), shape=(-1, *output["shape"]), name=output["name"])
