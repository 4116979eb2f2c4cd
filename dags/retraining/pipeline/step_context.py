"""What the tasks share: their folder of the workspace, the parts of the rows, and a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retraining.workspace import Workspace

if TYPE_CHECKING:
    from retraining.run import Run
    from retraining.settings import Settings
    from retraining.split import Split

Values = dict[str, Any]


def workspace_of(run: Run, settings: Settings) -> Workspace:
    """Where the tasks of this run leave files for each other."""
    return Workspace(settings.workspace_uri, run.dag_run_id)


def split_of(workspace: Workspace) -> Split:
    """The parts of the validated rows."""
    from retraining.split import split

    return split(workspace.read_table("rows.parquet"))


def kind_of(synthetic: bool) -> str:
    """For people: whatever is trained on generated rows says so."""
    return "synthetic" if synthetic else "real"


def flag(value: bool) -> str:
    """For tags."""
    return "true" if value else "false"


def shown(metrics: dict[str, float]) -> str:
    """Metrics in one line."""
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
