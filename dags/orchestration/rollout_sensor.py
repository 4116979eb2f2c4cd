"""Waits until a rollout is over, looking at it again and again, and holds no worker in between."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

# Of retraining.step and of the serving command line, neither of which is imported: they are another environment's.
TRY_AGAIN_LATER = 75
COMPLETED, GOES_ON = "completed", ("running", "paused")

STANDING = "standing"
"""XCom: what the latest look said."""

_DAGS = Path(__file__).parents[1]
_SECONDS_TO_END = 5


class RolloutSensor(BaseSensorOperator):
    """One look of ``serving rollout --once`` each time, in the training environment.

    Everything a rollout is lies in the registry: a look that is killed, a cleared task or another run goes on with it.
    What a look decides it has done when it answers. Waiting takes no slot. A registry that is away costs a look, not
    the rollout. ``aborted`` and ``rolled_back`` fail the task for good, with the reason.
    """

    template_fields: Sequence[str] = ("run", "version", "approved_by")

    def __init__(
        self, *, run: str, version: str, begin: str, python: str, approved_by: str = "", **arguments: Any
    ) -> None:
        """``run``, ``version`` and ``approved_by`` are templates; ``begin`` is the first phase of a new rollout."""
        super().__init__(mode="reschedule", **arguments)
        self.run = run
        self.version = version
        self.approved_by = approved_by
        self.begin = begin
        self.python = python
        self._process: subprocess.Popen[str] | None = None

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Looks once."""
        code, standing = self._look(is_first=context["ti"].get_first_reschedule_date(context) is None)
        if code == TRY_AGAIN_LATER or code < 0:
            self.log.warning("this look told nothing (exit status %s); the next one may", code)
            return False
        if code != 0:
            # What cannot get better is not tried again (PermanentFailures); the process has said what it is.
            raise subprocess.CalledProcessError(code, f"{self.python} -m retraining look")
        context["ti"].xcom_push(STANDING, standing)
        if standing["state"] in GOES_ON:
            return False
        if standing["state"] != COMPLETED:
            said = f"version {standing['version']} was {standing['state'].replace('_', ' ')}"
            self.log.error("%s failed: %s in phase %s: %s", self.task_id, said, standing["phase"], standing["reason"])
            raise AirflowFailException(f"{said}: {standing['reason']}")
        return PokeReturnValue(is_done=True, xcom_value=standing)

    def on_kill(self) -> None:
        """Ends the process; the command is made to be killed."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def _look(self, *, is_first: bool) -> tuple[int, dict[str, Any]]:
        """Exit status and what was said; its lines are lines of the task's log."""
        with tempfile.TemporaryDirectory() as scratch:
            answer = Path(scratch) / "answer.json"
            said = {
                "version": self.version,
                "begin": self.begin,
                "approved_by": self.approved_by,
                "is_first": "true" if is_first else "false",
            }
            arguments = ["look", self.run, str(answer), *(f"{name}={value}" for name, value in said.items())]
            # In the folder of this very version of the DAGs, which is where `-m` looks first.
            self._process = subprocess.Popen(
                [self.python, "-m", "retraining", *arguments],
                cwd=_DAGS,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for line in self._process.stdout or ():
                self.log.info("%s", line.rstrip("\n"))
            code = self._process.wait()
            return code, json.loads(answer.read_text(encoding="utf-8")) if code == 0 else {}
