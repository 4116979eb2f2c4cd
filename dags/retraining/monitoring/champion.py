"""The champion, as monitoring needs to know it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient, artifacts

from retraining.contract import check_manifest
from retraining.digest import sha256_of_bytes
from retraining.errors import ContractError
from retraining.manifest import Manifest
from retraining.package import MANIFEST_NAME
from retraining.registry import CHAMPION, Registry, translated

HOLDOUT_AUC_TAG = "holdout_auc"


@dataclass(frozen=True)
class Champion:
    """``created_at`` is when its version was registered, which is shortly before it was promoted."""

    version: str
    manifest: Manifest
    created_at: datetime
    holdout_auc: float | None
    """What it had on the holdout when it was judged; None where that is not known."""


def load_champion(model_name: str) -> Champion | None:
    """The champion with its manifest, the package's one file that is downloaded; None where there is none.

    Raises ContractError where the manifest is not the one that was registered.
    """
    version = Registry(model_name).by_alias(CHAMPION)
    if version is None:
        return None
    with tempfile.TemporaryDirectory() as scratch, translated():
        path = artifacts.download_artifacts(artifact_uri=f"{version.source}/{MANIFEST_NAME}", dst_path=scratch)
        content = Path(path).read_bytes()
        created = MlflowClient().get_model_version(model_name, version.version).creation_timestamp
    digest = f"sha256:{sha256_of_bytes(content)}"
    if version.digest is not None and version.digest != digest:
        raise ContractError("digest", f"{MANIFEST_NAME} is {digest}, the registry says {version.digest}")
    return Champion(
        version=version.version,
        manifest=check_manifest(json.loads(content), model_name=model_name),
        created_at=datetime.fromtimestamp(created / 1000, UTC),
        holdout_auc=_number(version.tags.get(HOLDOUT_AUC_TAG)),
    )


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
