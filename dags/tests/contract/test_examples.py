"""The contract's examples, as both languages read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retraining.contract import check_manifest
from retraining.errors import ContractError
from tests.support.contract_examples import EXAMPLES, write_examples

VALID = sorted((EXAMPLES / "valid").glob("*.json"))
INVALID = sorted((EXAMPLES / "invalid").glob("*.json"))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_takes_every_valid_example(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert check_manifest(document, model_name="example") == document


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_refuses_every_invalid_example_with_the_code_in_its_name(path: Path) -> None:
    with pytest.raises(ContractError) as refusal:
        check_manifest(json.loads(path.read_text(encoding="utf-8")))
    assert refusal.value.code == path.stem.split("--")[0]


def test_every_rule_that_needs_the_manifest_alone_has_an_example() -> None:
    table = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8").splitlines()
    codes = {line.rsplit("`", 2)[1] for line in table if line.startswith("|") and line.endswith("` |")}
    need_a_package = {"model-name", "signature", "graph"}
    assert {path.stem.split("--")[0] for path in INVALID} == (codes - need_a_package) | {"schema"}


def test_the_examples_are_what_their_script_writes(tmp_path: Path) -> None:
    written = {path.relative_to(tmp_path): path.read_bytes() for path in write_examples(tmp_path)}
    assert {path.relative_to(EXAMPLES): path.read_bytes() for path in VALID + INVALID} == written


def test_names_the_model_that_a_manifest_is_not_for() -> None:
    with pytest.raises(ContractError, match="'example'.*'other'") as refusal:
        check_manifest(json.loads(VALID[0].read_text(encoding="utf-8")), model_name="other")
    assert refusal.value.code == "model-name"
