"""A stand-in for the serving command line: ``python -m tests.support.serving_cli`` with its arguments.

It keeps the agreed exit codes and JSON, and moves the alias as the real one does; SERVING_STUB_BLESS,
SERVING_STUB_MEASURE and SERVING_STUB_PROMOTE choose another exit code. It speaks to MLflow over REST, as serving does.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.request
from typing import Any

_REASONS = {
    3: {"code": "GOLDEN_MISMATCH", "reason": "row 0: score is 0.1, expected 0.9"},
    4: {"code": "CHAMPION_MOVED", "reason": "champion is another"},
    5: {"code": "REGISTRY_UNREACHABLE", "reason": "connection refused"},
    6: {"code": "FLEET_DISAGREES", "reason": "1 of 2 replicas"},
    7: {"code": "REGISTRY_DENIED", "reason": "status code 401"},
    8: {"code": "NOT_REGISTERED", "reason": "no such version"},
}
_MEASUREMENT = {
    "digest": "sha256:0",
    "load_ms": 12.5,
    "latency_ms": {"p50": 0.02, "p90": 0.03, "p99": 0.05},
    "rows_per_second": 400_000,
    "iterations": 40_000,
}


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["bless", "measure", "promote"])
    parser.add_argument("--package")
    parser.add_argument("--model")
    parser.add_argument("--version")
    parser.add_argument("--expect-champion")
    for of_history in ("--by", "--reason", "--approved-by"):
        parser.add_argument(of_history)
    parser.add_argument("--json", action="store_true", required=True)
    options = parser.parse_args()
    code = int(os.environ.get(f"SERVING_STUB_{options.verb.upper()}", "0"))
    if options.verb == "measure":
        print(json.dumps(_MEASUREMENT if code == 0 else _REASONS[code]))
        return code
    target = {"name": options.model, "version": options.version}
    if options.verb == "bless" and code in (0, 3):
        blessing = "refused" if code else "blessed"
        _call("POST", "model-versions/set-tag", {**target, "key": "blessing", "value": blessing})
    elif options.verb == "promote" and code == 0:
        model = _call("GET", f"registered-models/get?name={options.model}")["registered_model"]
        aliases = {item["alias"]: item["version"] for item in model.get("aliases", [])}
        code = 0 if aliases.get("champion", "none") == options.expect_champion else 4
        if code == 0:
            _call("POST", "registered-models/alias", {**target, "alias": "champion"})
            # Where the real one writes a line of its history, for tests to read.
            said = {"by": options.by, "reason": options.reason, "approved_by": options.approved_by}
            _call("POST", "model-versions/set-tag", {**target, "key": "stub_promotion", "value": json.dumps(said)})
    print("loading", file=sys.stderr)
    print(json.dumps({"blessed": code == 0, **_REASONS.get(code, {})}))
    return code


def _call(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/{path}",
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
