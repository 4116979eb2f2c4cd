"""Where a person sees an artifact of an MLflow run."""

from __future__ import annotations

from urllib.parse import quote, urlsplit


def artifact_link(tracking_uri: str, experiment_id: str, run_id: str, path: str) -> str:
    """The page of MLflow that shows the artifact. Without user and password, which may be in the server's address."""
    parts = urlsplit(tracking_uri)
    root = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
    return f"{root}/#/experiments/{experiment_id}/runs/{run_id}/artifacts/{quote(path)}"
