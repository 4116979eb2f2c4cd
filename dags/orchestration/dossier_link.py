"""A button on a task that opens the dossier in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink
from airflow.sdk.execution_time.xcom import XCom

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class DossierLink(BaseOperatorLink):
    """Of the selected candidate, or of the first one where none was selected."""

    name = "Dossier"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """What the task returned as ``dossiers``; empty where it returned none."""
        value = XCom.get_value(ti_key=ti_key, key="return_value")
        dossiers = (value or {}).get("dossiers") or {}
        return str(dossiers.get(value["selected"]) or next(iter(dossiers.values()), "")) if dossiers else ""
