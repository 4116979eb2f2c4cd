"""``monitoring.yaml`` is read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from retraining.errors import ConfigurationError
from retraining.monitoring.configuration import CONFIGURATION_PATH, load_monitoring_configuration

TEXT = CONFIGURATION_PATH.read_text(encoding="utf-8")


def test_the_file_that_is_shipped_can_be_followed() -> None:
    configuration = load_monitoring_configuration()
    assert configuration.drift.max_psi == 0.25


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("max_psi:", "max_psy:", "drift: unknown key 'max_psy'"),
        ("  min_reference: 1000\n", "", "estimate: 'min_reference' is missing"),
        ("max_psi: 0.25", "max_psi: high", "drift.max_psi is 'high', not a number"),
        ("max_psi: 0.25", "max_psi: true", "drift.max_psi is True, not a number"),
        ("max_rows: 200000", "max_rows: 0", "feedback.max_rows is 0, which is too small"),
        ("max_rows: 200000", "max_rows: 1.5", "feedback.max_rows is 1.5, not a whole number"),
        ("cooldown_hours: 168", "cooldown_hours: -1", "request.cooldown_hours is -1, which is too small"),
        ("freshness:", "fresh:", "unknown key 'fresh'"),
        ("freshness:", "{", "cannot be read"),
    ],
)
def test_what_cannot_be_followed_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in TEXT
    path = tmp_path / "monitoring.yaml"
    path.write_text(TEXT.replace(before, after), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="monitoring.yaml") as caught:
        load_monitoring_configuration(path)
    assert message in str(caught.value)
