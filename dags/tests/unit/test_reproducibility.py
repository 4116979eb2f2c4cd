"""The same code, data and seed give the same bytes, whichever process they run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.digests import digests

DAGS = Path(__file__).parents[2]


def _in_a_process_of_its_own(hash_seed: str) -> dict[str, str]:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(DAGS)}
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.digests"]
    done = subprocess.run(command, cwd=DAGS, env=environment, capture_output=True, text=True, check=True)
    printed: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return printed


def test_two_retrainings_give_the_same_models_bit_for_bit() -> None:
    here = digests(seed=7)
    assert here == _in_a_process_of_its_own("1")
    assert set(here) == {
        "gradient_boosting",
        "gradient_boosting-pruned",
        "neural_network",
        "neural_network-pruned",
        "neural_network-int8",
    }
    assert len(set(here.values())) == len(here)
    elsewhere = digests(seed=8)
    assert all(here[name] != elsewhere[name] for name in here)
