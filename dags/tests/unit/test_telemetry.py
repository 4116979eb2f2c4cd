"""What the pipeline tells nobody."""

import subprocess
import sys

PROGRAM = """
import os, sys
import retraining
assert "onnxruntime" not in sys.modules
print(os.environ["ORT_DISABLE_TELEMETRY"])
"""


def test_telemetry_is_off_before_the_runtime_is_loaded() -> None:
    assert _run({}) == "1"


def test_telemetry_stays_as_the_user_set_it() -> None:
    assert _run({"ORT_DISABLE_TELEMETRY": "0"}) == "0"


def _run(environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()
