"""Whole packages against the rules that need more than the manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from retraining.errors import ContractError
from retraining.package import Package, check_package, digest_of, list_files, write_package
from retraining.scorer import Scorer
from tests.support.packages import write_variant
from tests.support.register import BREAKS, break_package
from tests.support.small_models import (
    LINEAGE,
    TENSOR_ROWS,
    logistic_model,
    tensor_description,
    tensor_reference,
    write_columns_package,
    write_tensor_package,
)


@pytest.fixture(scope="module")
def tensor_package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_tensor_package(tmp_path_factory.mktemp("tensor") / "package")


@pytest.fixture
def folder(tensor_package: Package, tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(tensor_package.directory, tmp_path / "package"))


def rewrite(folder: Path, **parts: Any) -> None:
    """Changes parts of the manifest and makes its digests true again."""
    document = json.loads((folder / "manifest.json").read_text())
    document |= {"files": list_files(folder), **parts}
    (folder / "manifest.json").write_text(json.dumps(document))


def refusal_of(folder: Path, **arguments: Any) -> str:
    with pytest.raises(ContractError) as refusal:
        check_package(folder, **arguments)
    return refusal.value.code


def test_the_digest_names_every_byte_of_the_package(tensor_package: Package) -> None:
    assert check_package(tensor_package.directory, digest=tensor_package.digest) == tensor_package
    names = {file["path"] for file in tensor_package.manifest["files"]}
    assert names == {path.name for path in tensor_package.directory.iterdir()} - {"manifest.json"}


def test_refuses_a_manifest_that_is_not_the_registered_one(folder: Path) -> None:
    assert refusal_of(folder, digest="sha256:" + "0" * 64) == "digest"


@pytest.mark.parametrize("name", ["MLmodel", "model.onnx", "requirements.txt"])
def test_refuses_a_file_that_changed_after_the_manifest(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    assert refusal_of(folder) == "digest"


def test_refuses_a_package_with_a_file_missing(folder: Path) -> None:
    (folder / "conda.yaml").unlink()
    assert refusal_of(folder) == "missing-file"
    (folder / "manifest.json").unlink()
    assert refusal_of(folder) == "missing-file"


def test_refuses_a_manifest_that_is_no_json(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")
    assert refusal_of(folder) == "schema"


@pytest.mark.parametrize(
    "change",
    [
        lambda columns: columns.reverse(),
        lambda columns: columns.pop(),
        lambda columns: columns[0].update(required=True),
        lambda columns: columns[1].update(type="double"),
        lambda columns: columns[2].update(name="use"),
    ],
    ids=["order", "count", "required", "type", "name"],
)
def test_refuses_a_signature_that_differs_from_the_manifest(folder: Path, change: Any) -> None:
    document = yaml.safe_load((folder / "MLmodel").read_text())
    columns = json.loads(document["signature"]["inputs"])
    change(columns)
    document["signature"]["inputs"] = json.dumps(columns)
    (folder / "MLmodel").write_text(yaml.safe_dump(document))
    rewrite(folder)
    assert refusal_of(folder) == "signature"


def test_refuses_a_model_without_signature(folder: Path) -> None:
    (folder / "MLmodel").write_text("flavors: {}\n")
    rewrite(folder)
    assert refusal_of(folder) == "signature"


@pytest.mark.parametrize(
    "parts",
    [
        {"input": {"layout": "tensor", "name": "x", "type": "float32"}},
        {"input": {"layout": "tensor", "name": "features", "type": "float64"}},
        {"input": {"layout": "columns"}},
    ],
    ids=["input name", "input type", "layout"],
)
def test_refuses_a_graph_with_other_inputs(folder: Path, parts: dict[str, Any]) -> None:
    rewrite(folder, **parts)
    assert refusal_of(folder) == "graph"


def test_refuses_a_graph_with_other_outputs(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["outputs"][1]["type"] = "int32"
    rewrite(folder, outputs=manifest["outputs"])
    assert refusal_of(folder) == "graph"


@pytest.mark.parametrize(
    ("how", "code"),
    [("truncated-onnx", "graph"), ("wrong-digest", "digest"), ("contract", "schema")],
)
def test_each_way_of_breaking_a_package_is_refused_for_its_own_reason(folder: Path, how: str, code: str) -> None:
    broken = break_package(check_package(folder), how)
    assert refusal_of(folder, digest=broken.digest) == code


def test_a_package_with_wrong_golden_outputs_keeps_the_contract_and_answers_otherwise(folder: Path) -> None:
    broken = break_package(check_package(folder), "golden")
    manifest = check_package(folder, digest=broken.digest).manifest
    scores = Scorer.of_package(folder, manifest).score_rows(manifest["golden"]["rows"])["score"]
    expected = manifest["golden"]["outputs"]["score"]
    differences = [abs(float(left) - float(str(right))) for left, right in zip(scores, expected, strict=True)]
    assert max(differences) > manifest["golden"]["tolerance"]
    assert set(BREAKS) == {"truncated-onnx", "wrong-digest", "contract", "golden"}


def test_packs_columns_of_text_and_outputs_of_every_type(tmp_path: Path) -> None:
    package = write_columns_package(tmp_path / "package")
    golden = package.manifest["golden"]
    assert golden["outputs"]["segment"] == ["prime", "prime", "prime", "watch", "watch"]
    assert golden["outputs"]["review"] == [False, False, False, False, True]
    assert all(isinstance(answer, list) and len(answer) == 3 for answer in golden["outputs"]["probabilities"])


def test_a_variant_has_the_same_signature_and_shifted_scores(tensor_package: Package, tmp_path: Path) -> None:
    variant = write_variant(tensor_package.directory, tmp_path / "variant")
    assert variant.digest != tensor_package.digest
    assert variant.manifest["features"] == tensor_package.manifest["features"]
    before, after = (package.manifest["golden"]["outputs"]["score"] for package in (tensor_package, variant))
    assert after == pytest.approx([0.5 * float(str(score)) + 0.25 for score in before], abs=1e-6)


def test_writes_nothing_that_would_break_the_contract(tmp_path: Path) -> None:
    outside: list[Any] = [40.0, 1, 99.0]
    with pytest.raises(ContractError) as refusal:
        write_package(
            tmp_path / "package",
            model=logistic_model((1, 1, 1), 0, 0.5),
            description=tensor_description(),
            golden_rows=[*TENSOR_ROWS, outside],
            reference=tensor_reference(),
            lineage=LINEAGE,
            metrics={},
        )
    assert refusal.value.code == "golden-row"
    assert list(tmp_path.iterdir()) == []


def test_refuses_metrics_that_are_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="not finite"):
        write_package(
            tmp_path / "package",
            model=logistic_model((1, 1, 1), 0, 0.5),
            description=tensor_description(),
            golden_rows=TENSOR_ROWS,
            reference=tensor_reference(),
            lineage=LINEAGE,
            metrics={"holdout_auc": float("nan")},
        )


def test_writing_again_replaces_the_package(tmp_path: Path) -> None:
    first = write_tensor_package(tmp_path / "package")
    second = write_tensor_package(tmp_path / "package", bias=2.0)
    assert digest_of(tmp_path / "package") == second.digest != first.digest
