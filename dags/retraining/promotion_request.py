"""Asking CI to promote a version: GitHub's ``repository_dispatch``, which starts ``promote-model.yml``.

For teams whose people agree to a promotion where they agree to a release: CI shows the dossier, asks the reviewers of
its environment, and moves ``champion`` by the same command as this pipeline.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

from retraining.errors import CiUnreachableError, ConfigurationError
from retraining.settings import Settings

EVENT = "promote-model"
"""The type that the workflow listens to."""

_TIMEOUT_SECONDS = 20


def request_promotion(settings: Settings, version: str, reason: str) -> None:
    """Returns when GitHub has taken the request; whether it is followed, CI shows.

    Raises ConfigurationError where a setting is missing or wrong, and CiUnreachableError where trying again may help.
    """
    repository, token = settings.promotion_repository, _token(settings)
    body = {
        "event_type": EVENT,
        "client_payload": {
            "environment": settings.promotion_environment,
            "model": settings.model_name,
            "version": version,
            "reason": reason,
        },
    }
    request = urllib.request.Request(  # noqa: S310
        f"{settings.github_api_url}/repos/{repository}/dispatches",
        data=json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "retraining",
        },
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
            return
    except HTTPError as error:
        if error.code in (401, 403, 404):
            # GitHub says 404 of what a token may not see.
            raise ConfigurationError(
                f"GitHub does not let the token of PROMOTION_TOKEN_FILE start workflows of {repository}"
                f" ({error.code}): it needs Contents: read and write there"
            ) from error
        if error.code < 500 and error.code != 429:
            raise ConfigurationError(f"GitHub refuses the request for version {version}: {error.code}") from error
        raise CiUnreachableError(f"GitHub answers {error.code}") from error
    except OSError as error:  # also what urllib raises
        raise CiUnreachableError(f"GitHub does not answer: {error}") from error


def _token(settings: Settings) -> str:
    if not settings.promotion_repository or not settings.promotion_token_file:
        raise ConfigurationError(
            "promotion is ci, and PROMOTION_REPOSITORY or PROMOTION_TOKEN_FILE is not set: nobody can be asked"
        )
    try:
        token = Path(settings.promotion_token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"PROMOTION_TOKEN_FILE cannot be read: {type(error).__name__}") from error
    if not token or not token.isascii() or not token.isprintable():
        raise ConfigurationError("PROMOTION_TOKEN_FILE holds no token")
    return token
