"""One task as a process: ``python -m retraining TASK RUN ANSWER [NAME=VALUE ...]``.

For operators of Airflow's environment that aren't ``external_python``. What the task returns is left as JSON in the
file ANSWER; exit codes are those of ``step.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from retraining.step import run_step

if __name__ == "__main__":
    task, run, answer, *arguments = sys.argv[1:]
    values = run_step(task, run, **dict(argument.split("=", 1) for argument in arguments))
    Path(answer).write_text(json.dumps(values), encoding="utf-8")
