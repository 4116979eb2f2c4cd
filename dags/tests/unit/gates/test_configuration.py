"""gates.yaml is read strictly."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from retraining.errors import ConfigurationError
from retraining.gates import CONFIGURATION_PATH, GateConfiguration, judge, load_configuration
from tests.support.evidence import evidence

TEXT = CONFIGURATION_PATH.read_text(encoding="utf-8")


def test_the_configuration_in_the_repository_is_complete() -> None:
    configuration = load_configuration()
    assert configuration.discrimination.min_auc == 0.7
    assert [item.name for item in configuration.slices] == ["age", "sex", "education", "limit"]


def test_every_block_is_named_as_its_gate_is() -> None:
    gates = {result.name for result in judge(evidence(), load_configuration())}
    blocks = {item.name for item in fields(GateConfiguration)} - {"slices"}
    assert blocks <= gates


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  min_auc: 0.70", "  min_auc: 0.70\n  min_acu: 0.9", r"gates.yaml: unknown key 'discrimination.min_acu'"),
        ("  min_auc: 0.70", "", r"gates.yaml: 'discrimination.min_auc' is missing"),
        ("  min_auc: 0.70", "  min_auc: high", "discrimination.min_auc is 'high', not a number"),
        ("  min_auc: 0.70", "  min_auc: true", "discrimination.min_auc is True, not a number"),
        ("  min_auc: 0.70", "  min_auc: .nan", "discrimination.min_auc is nan, not a number"),
        ("  min_auc: 0.70", "  min_auc: 70", "discrimination.min_auc is 70, allowed is from 0.5 to 1"),
        ("leakage:", "leekage:", "unknown key 'leekage'"),
        ("  margin: 0.02", "  margin: -1", "non_inferiority.margin is -1, allowed"),
        ("min_rows: 100", "min_rows: 100.5", "non_inferiority.min_rows is 100.5, not a whole number"),
        ("when_inconclusive: passed", "when_inconclusive: maybe", "'maybe', not one of passed, needs_approval"),
        ("[sex, age, education]", "[sex, religion]", "fairness.attributes: there is no slice 'religion'"),
        ("[sex, age, education]", "sex", "fairness.attributes is 'sex', not a list of names"),
        ("max_psi: 1.0", "max_psi: 0.1", "approval_above_psi is above stability.max_psi"),
        ("[25, 35, 45, 55]", "[35, 25]", "slices.age.bands does not rise"),
        ("{men: [1], women: [2]}", "{men: 1, women: [2]}", "slices.sex.groups.men is 1, not a list of codes"),
        ("    feature: AGE", "    feature: AGE\n    colour: red", "unknown key 'slices.age.colour'"),
        ("leakage:", "leakage: [", "is not YAML"),
    ],
)
def test_a_wrong_configuration_switches_no_gate_off(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    path = tmp_path / "gates.yaml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_configuration(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="holds no mapping"):
        load_configuration(tmp_path / "gates.yaml")
