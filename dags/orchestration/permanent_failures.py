"""A retry policy for tasks that run as processes: what cannot get better is not tried again."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context


class PermanentFailures(RetryPolicy):
    """Fails a task at once when its process exited with ``exit_code``; every other failure is retried as usual.

    A bad file stays bad: trying again only delays the report by the retry delay.
    """

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """``fail`` for the permanent exit code, the default otherwise."""
        if isinstance(exception, subprocess.CalledProcessError) and exception.returncode == self.exit_code:
            return RetryDecision.fail("the task says that trying again cannot help")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """As JSON values."""
        return {"exit_code": self.exit_code}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PermanentFailures:
        """From ``serialize``."""
        return cls(data["exit_code"])
