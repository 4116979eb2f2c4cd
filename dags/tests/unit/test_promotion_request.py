"""What GitHub is asked, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retraining.errors import CiUnreachableError, ConfigurationError
from retraining.promotion_request import request_promotion
from retraining.settings import Settings
from tests.support.github import GitHub, running_github


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running_github() as stand_in:
        yield stand_in


@pytest.fixture
def settings(github: GitHub, tmp_path: Path) -> Settings:
    token = tmp_path / "token"
    token.write_text("secret-of-ci\n", encoding="utf-8")
    return Settings(
        "m",
        tmp_path.as_uri(),
        ("serve",),
        "",
        5,
        promotion_repository="bank/platform",
        promotion_environment="staging",
        promotion_token_file=str(token),
        github_api_url=github.url,
    )


def test_the_workflow_gets_what_it_needs(github: GitHub, settings: Settings) -> None:
    request_promotion(settings, "8", "passed every gate")
    assert github.requests == [
        {
            "path": "/repos/bank/platform/dispatches",
            "token": "Bearer secret-of-ci",
            "body": {
                "event_type": "promote-model",
                "client_payload": {
                    "environment": "staging",
                    "model": "m",
                    "version": "8",
                    "reason": "passed every gate",
                },
            },
        }
    ]


def test_the_workflow_listens_to_that_event() -> None:
    workflow = Path(__file__).parents[3] / ".github/workflows/promote-model.yml"
    assert "types: [promote-model]" in workflow.read_text(encoding="utf-8")


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_token_that_may_not_is_for_a_person_to_correct(github: GitHub, settings: Settings, status: int) -> None:
    github.status = status
    with pytest.raises(ConfigurationError, match=str(status)) as raised:
        request_promotion(settings, "8", "x")
    assert "secret-of-ci" not in str(raised.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(github: GitHub, settings: Settings, status: int) -> None:
    github.status = status
    with pytest.raises(CiUnreachableError, match=str(status)):
        request_promotion(settings, "8", "x")


def test_silence_may_pass(settings: Settings) -> None:
    with pytest.raises(CiUnreachableError, match="does not answer"):
        request_promotion(replace(settings, github_api_url="http://127.0.0.1:9"), "8", "x")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"promotion_repository": ""}, "PROMOTION_REPOSITORY or PROMOTION_TOKEN_FILE is not set"),
        ({"promotion_token_file": ""}, "PROMOTION_REPOSITORY or PROMOTION_TOKEN_FILE is not set"),
        ({"promotion_token_file": "/nowhere"}, "cannot be read: FileNotFoundError"),
        ({"promotion_token_file": "/dev/null"}, "holds no token"),
    ],
)
def test_a_setting_that_is_missing_is_named(
    github: GitHub, settings: Settings, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        request_promotion(replace(settings, **changed), "8", "x")  # type: ignore[arg-type]
    assert github.requests == []


ENVIRONMENT = {"RETRAINING_WORKSPACE_URI": "file:///w", "MLFLOW_TRACKING_URI": "http://mlflow"}


def test_what_is_not_set_is_production_at_the_public_github() -> None:
    settings = Settings.from_environment(ENVIRONMENT)
    assert (settings.promotion_environment, settings.github_api_url) == ("production", "https://api.github.com")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PROMOTION_REPOSITORY", "https://github.com/bank/platform", "not owner/name"),
        ("PROMOTION_ENVIRONMENT", "prod", "neither staging nor production"),
    ],
)
def test_a_setting_that_is_wrong_is_named(variable: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{variable} is .*{said}"):
        Settings.from_environment(ENVIRONMENT | {variable: value})
