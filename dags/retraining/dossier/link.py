"""Where a person opens a dossier."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

PAGE = "dossier/dossier.html"
"""The page among the artifacts of a candidate's MLflow run."""


def dossier_link(tracking_uri: str, experiment_id: str, run_id: str) -> str:
    """The address in MLflow's own pages, which show HTML; its download address only saves it as a file.

    User and password, which may be in the server's address, are left out.
    """
    parts = urlsplit(tracking_uri)
    root = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
    return f"{root}/#/experiments/{quote(experiment_id)}/runs/{quote(run_id)}/artifacts/{PAGE}"
