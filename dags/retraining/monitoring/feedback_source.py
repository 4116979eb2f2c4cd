"""Where feedback lies: a folder of any fsspec store, or two Kafka topics (``kafka_feedback.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from retraining.errors import FeedbackError, FeedbackUnreachableError

LONGEST_LINE = 1_000_000
"""Bytes. A longer line is no record: it is passed over without being held in memory."""


class FeedbackSource(Protocol):
    """Lines of JSON, in no particular order; an empty line stands for one that was too long."""

    def predictions(self, since: datetime) -> Iterator[bytes]:
        """Lines among which are all predictions made after ``since``."""

    def outcomes(self, since: datetime) -> Iterator[bytes]:
        """Lines among which are all outcomes received after ``since``."""


def open_source(uri: str) -> FeedbackSource:
    """The source that FEEDBACK_URI names; FeedbackError where there is no such kind."""
    parts = urlsplit(uri)
    if parts.scheme == "kafka":
        from retraining.monitoring.kafka_feedback import KafkaFeedback

        if not parts.netloc or parts.path.strip("/") or "@" in parts.netloc:
            raise FeedbackError("FEEDBACK_URI: kafka://host:port[,host:port] is needed")
        return KafkaFeedback(parts.netloc)
    return FeedbackFolder(uri)


class FeedbackFolder:
    """``predictions-*.jsonl`` and ``outcomes-*.jsonl`` in a folder, each appended to by one process."""

    def __init__(self, uri: str) -> None:
        import fsspec

        try:
            self._files, self._path = fsspec.core.url_to_fs(uri)
        except (ValueError, ImportError) as error:
            raise FeedbackError(f"FEEDBACK_URI: {error}") from error

    def predictions(self, since: datetime) -> Iterator[bytes]:
        """See FeedbackSource."""
        return self._lines("predictions", since)

    def outcomes(self, since: datetime) -> Iterator[bytes]:
        """See FeedbackSource."""
        return self._lines("outcomes", since)

    def _lines(self, kind: str, since: datetime) -> Iterator[bytes]:
        try:
            for path in self._recent_files(kind, since):
                try:
                    with self._files.open(path, "rb") as file:
                        yield from whole_lines(file)
                except FileNotFoundError:
                    continue  # the oldest segments are deleted while we read
        except OSError as error:
            raise FeedbackUnreachableError(f"the feedback folder cannot be read: {type(error).__name__}") from error

    def _recent_files(self, kind: str, since: datetime) -> list[str]:
        """Files written to after ``since``: what was written before it holds nothing that is newer."""
        self._files.invalidate_cache()
        found = self._files.glob(f"{self._path.rstrip('/')}/{kind}-*.jsonl", detail=True)
        return sorted(path for path, info in found.items() if (last := _written_at(info)) is None or last >= since)


def whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines that end. The last line of a file that is being written to may be cut, and is left for later."""
    too_long = False
    while line := file.readline(LONGEST_LINE):
        ends = line.endswith(b"\n")
        if ends:
            yield b"" if too_long else line
        too_long = not ends


def _written_at(info: dict[str, Any]) -> datetime | None:
    """When a file was last written, as its store says it; None where it does not."""
    value = info.get("mtime") or info.get("LastModified") or info.get("last_modified")
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None
