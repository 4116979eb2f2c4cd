"""What the tasks share: the configuration, the joined rows, the moment up to which they look."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retraining.monitoring.configuration import MonitoringConfiguration, load_monitoring_configuration

if TYPE_CHECKING:
    import pandas as pd

    from retraining.settings import Settings
    from retraining.workspace import Workspace

Values = dict[str, Any]
ROWS = "rows.parquet"
WINDOW = "window.json"


def configuration_of(settings: Settings) -> MonitoringConfiguration:
    """``monitoring.yaml``, or the file that stands in for it."""
    if settings.monitoring_configuration:
        return load_monitoring_configuration(Path(settings.monitoring_configuration))
    return load_monitoring_configuration()


def joined_rows(workspace: Workspace) -> tuple[pd.DataFrame, datetime]:
    """What ``join_outcomes`` left: the rows, and the end of their window."""
    end = datetime.fromisoformat(workspace.read_json(WINDOW)["end"])
    return workspace.read_table(ROWS), end
