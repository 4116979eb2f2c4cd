"""What a version was made from: code, environment, data, seed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from retraining.digest import sha256_of_file
from retraining.manifest import DataLineage, Lineage
from retraining.run import Run

LOCK_PATH = Path(__file__).parents[1] / "requirements" / "training.lock"


def lineage_of(run: Run, data: DataLineage) -> Lineage:
    """The lineage of a model trained in ``run`` on ``data``."""
    return {
        "git_commit": run.git_commit,
        "dag_id": run.dag_id,
        "dag_run_id": run.dag_run_id,
        "seed": run.seed,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment_lock_sha256": environment_lock_sha256(),
        "data": data,
    }


def environment_lock_sha256(path: Path = LOCK_PATH) -> str | None:
    """SHA-256 of the training environment's lock file; None where the package lies without it."""
    return sha256_of_file(path) if path.is_file() else None
