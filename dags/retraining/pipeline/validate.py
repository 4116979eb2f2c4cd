"""Checking the rows, and opening the MLflow run."""

from __future__ import annotations

import logging

from retraining.pipeline.step_context import Values, flag, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)

_LONGEST_TAG = 1_000
"""Characters of what somebody else says."""


def validate(run: Run, settings: Settings) -> Values:
    """Checks every rule of the data set and opens the MLflow run; a fault stops the run with a report."""
    from retraining.manifest import DataLineage
    from retraining.moments import parse_moment, window_of
    from retraining.schema import TARGET
    from retraining.split import split
    from retraining.tracking import Tracker
    from retraining.validation import DataValidationError, fingerprint
    from retraining.validation import validate as validated

    workspace = workspace_of(run, settings)
    source = workspace.read_json("source.json")
    tracker = Tracker(run)
    as_of = parse_moment(source["as_of"])
    parent = tracker.parent()
    # Not with its creation: where the task before failed at first, it is there already, to say so.
    tracker.log(
        parent,
        tags={
            "synthetic": flag(source["synthetic"]),
            "dataset_uri": source["uri"],
            "as_of": as_of.isoformat(),
            **{name if name == "cause" else f"cause_{name}": text[:_LONGEST_TAG] for name, text in run.cause.items()},
        },
    )
    try:
        frame = validated(
            workspace.read_table("ingested.parquet"),
            source["uri"],
            as_of=as_of,
            time_required=run.as_of is not None,
        )
    except DataValidationError as error:
        tracker.log_text(parent, "data_validation.json", error.report())
        tracker.log(parent, tags={"data_validation": "failed"})
        tracker.finish(parent, failed=True)
        raise
    parts = split(frame)
    start, end = window_of(frame)
    data = DataLineage(
        uri=source["uri"],
        sha256=fingerprint(frame),
        rows=len(frame),
        synthetic=source["synthetic"],
        window={"start": start, "end": end},
    )
    workspace.write_table("rows.parquet", frame)
    workspace.write_json("data.json", data)
    tracker.log(
        parent,
        parameters={"seed": run.seed, "candidates": ", ".join(run.candidates), "rows": len(frame)},
        tags={"data_validation": "passed", "data_sha256": data["sha256"]},
    )
    if later := source["rows"] - len(frame):
        _LOG.info("%s rows take no part: later than %s, or their outcome was not known yet", f"{later:,}", as_of)
    _LOG.info(
        "all rules hold: %s rows, %.1f%% defaults; %s for training, %s for the threshold, %s held out",
        f"{len(frame):,}",
        100 * frame[TARGET].mean(),
        f"{len(parts.training):,}",
        f"{len(parts.validation):,}",
        f"{len(parts.holdout):,}",
    )
    return {"rows": len(frame), "sha256": data["sha256"], "candidates": list(run.candidates)}
