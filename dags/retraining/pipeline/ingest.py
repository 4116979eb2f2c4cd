"""Fetching the rows."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from retraining.errors import ConfigurationError
from retraining.pipeline.step_context import Values, kind_of, workspace_of
from retraining.run import Run
from retraining.settings import Settings

_LOG = logging.getLogger(__name__)


def ingest(run: Run, settings: Settings) -> Values:
    """Fetches the data set as it is into the workspace, so that all tasks see the same rows.

    Also settles what "now" is for a run without ``as_of``: one moment for all tasks, however often they run.
    """
    from retraining.dataset import load_dataset, public_uri

    as_of = _settled(run.as_of, datetime.now(UTC))
    _LOG.info("reading %s", public_uri(run.dataset_uri))
    dataset = load_dataset(run.dataset_uri)
    frame = dataset.frame
    # Parquet wants one type a column; what is mixed is text until validation has judged it.
    for column in frame.select_dtypes(include=["object", "str"]).columns:
        frame[column] = frame[column].astype("string")
    source = {
        "uri": dataset.uri,
        "synthetic": dataset.synthetic,
        "rows": len(frame),
        "as_of": as_of.isoformat(timespec="microseconds"),
    }
    workspace = workspace_of(run, settings)
    workspace.write_table("ingested.parquet", frame)
    workspace.write_json("source.json", source)
    _LOG.info("%s rows, %s columns of %s data", f"{len(frame):,}", len(frame.columns), kind_of(dataset.synthetic))
    return source


def _settled(as_of: datetime | None, now: datetime) -> datetime:
    if as_of is not None and as_of > now:
        raise ConfigurationError(f"as_of is {as_of.isoformat()}: what will be known then is not known yet")
    return as_of or now
