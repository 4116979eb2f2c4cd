"""All tasks of one retraining in one process, without Airflow: ``python -m retraining.whole_run RUN``.

For demonstrations and experiments that want a version with all its gates and have no scheduler. RUN is the JSON that
the DAG renders (``run.py``), the rest is in the environment (``settings.py``). Prints ``{"version", "promoted"}``;
null where no candidate has won its gates.
"""

from __future__ import annotations

import json
import os
import sys

from retraining import pipeline
from retraining.pipeline.step_context import Values
from retraining.run import Run
from retraining.settings import Settings


def whole_run(run: Run, settings: Settings) -> Values:
    """The tasks in their order, but for the search of parameters; whether it is promoted is the run's own choice."""
    pipeline.ingest(run, settings)
    for candidate in pipeline.validate(run, settings)["candidates"]:
        pipeline.train(run, settings, candidate)
        pipeline.export(run, settings, candidate)
        pipeline.validate_conversion(run, settings, candidate)
    pipeline.evaluate(run, settings)
    pipeline.gates(run, settings)
    registered = pipeline.register(run, settings)
    if registered is None:
        return {"version": None, "promoted": False}
    pipeline.bless(run, settings)
    return {"version": registered["version"], "promoted": pipeline.promote(run, settings) is not None}


def main() -> None:
    """The command line."""
    # MLflow prints links to stdout, which here holds nothing but the answer.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    print(json.dumps(whole_run(Run.from_json(sys.argv[1]), Settings.from_environment())))


if __name__ == "__main__":
    main()
