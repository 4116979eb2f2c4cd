"""Data sets by URI: where the rows come from.

``file:``, ``https:`` and ``s3:`` name a CSV or Parquet file (told apart by content, since a signed link
need not end in ``.parquet``), a plain path is a file, and ``synthetic:?rows=30000&seed=7`` is the generator.
With ``start=2024-01-01`` its rows have a time: ``months`` (24), ``label_delay_days`` (90), and, to simulate a
world that changes, ``shift`` (0 to 1) from the day ``shift_from`` on (``synthetic.py``).
``http:`` is taken from this machine alone: rows that travel unprotected can be changed on the way.
"""

from __future__ import annotations

import io
import ipaddress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from retraining.errors import DatasetError, DatasetUnreachableError

if TYPE_CHECKING:
    import pandas as pd

    from retraining.synthetic import Timeline

DEFAULT_URI = "synthetic:"
_DEFAULT_ROWS = 30_000
_DEFAULT_SEED = 7
_LARGEST_SYNTHETIC = 5_000_000
_PLAIN_OPTIONS = ("rows", "seed")
_TIME_OPTIONS = ("start", "months", "label_delay_days", "shift", "shift_from")
_PARQUET_MAGIC = b"PAR1"
_SCHEMES = ("file", "http", "https", "s3", "synthetic")

_CUT_OFF = ("ClientPayloadError", "IncompleteReadError", "ResponseStreamingError")
"""What the drivers say (aiohttp, botocore) when less arrives than was announced."""


@dataclass(frozen=True)
class Dataset:
    """Rows as they were found, unchecked. ``uri`` holds no credentials and may be shown."""

    frame: pd.DataFrame
    uri: str
    synthetic: bool


def load_dataset(uri: str) -> Dataset:
    """Reads all rows of a data set.

    Raises DatasetError (unknown scheme, no such file, no table) or DatasetUnreachableError (its store
    does not answer). Messages name the public URI and never what a driver said, which may hold a secret.
    """
    scheme = scheme_of(uri)
    if scheme == "synthetic":
        return Dataset(_generate(uri), public_uri(uri), synthetic=True)
    if scheme == "http" and not _is_loopback(urlsplit(uri).hostname or ""):
        raise DatasetError(f"{public_uri(uri)}: http is taken from this machine alone; use https")
    return Dataset(_parse(_fetch(uri), uri), public_uri(uri), synthetic=False)


def scheme_of(uri: str) -> str:
    """The scheme of a data set's URI; a plain path is a file. DatasetError where it is none that we read."""
    scheme = urlsplit(uri).scheme
    if not uri.strip():
        raise DatasetError("the data set's URI is empty")
    if scheme and scheme not in _SCHEMES:
        raise DatasetError(f"{public_uri(uri)}: no scheme {scheme!r}; there are {', '.join(_SCHEMES)} and plain paths")
    return scheme or "file"


def public_uri(uri: str) -> str:
    """The URI without user, password, query and fragment, where credentials and signatures live.

    The query of ``synthetic:`` stays: its options are what it is.
    """
    parts = urlsplit(uri)
    if parts.scheme == "synthetic":
        return uri
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def _generate(uri: str) -> pd.DataFrame:
    from retraining.synthetic import generate, generate_over_time

    options = dict(parse_qsl(urlsplit(uri).query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {*_PLAIN_OPTIONS, *_TIME_OPTIONS}):
        known = ", ".join([*_PLAIN_OPTIONS, *_TIME_OPTIONS])
        raise DatasetError(f"{uri}: no option {unknown[0]!r}; there are {known}")
    try:
        rows, seed = int(options.get("rows", _DEFAULT_ROWS)), int(options.get("seed", _DEFAULT_SEED))
    except ValueError:
        raise DatasetError(f"{uri}: rows and seed are whole numbers") from None
    if not 1 <= rows <= _LARGEST_SYNTHETIC or seed < 0:
        raise DatasetError(f"{uri}: rows is 1 to {_LARGEST_SYNTHETIC}, seed is not negative")
    if not options.keys() & set(_TIME_OPTIONS):
        return generate(rows, seed)
    return generate_over_time(rows, seed, _timeline(uri, options))


def _timeline(uri: str, options: dict[str, str]) -> Timeline:
    from retraining.synthetic import Timeline

    if "start" not in options:
        raise DatasetError(f"{uri}: without start there is no time, which the other options speak of")
    try:
        timeline = Timeline(
            start=date.fromisoformat(options["start"]),
            months=int(options.get("months", 24)),
            label_delay_days=int(options.get("label_delay_days", 90)),
            shift=float(options.get("shift", 0)),
            shift_from=date.fromisoformat(options["shift_from"]) if "shift_from" in options else None,
        )
    except ValueError:
        raise DatasetError(
            f"{uri}: start and shift_from are dates (2024-01-31), months and label_delay_days whole numbers, shift 0..1"
        ) from None
    if not (1 <= timeline.months <= 1200 and 0 <= timeline.label_delay_days <= 36_500 and 0 <= timeline.shift <= 1):
        raise DatasetError(f"{uri}: months is 1 to 1200, label_delay_days 0 to 36500, shift 0 to 1")
    return timeline


def _fetch(uri: str) -> bytes:
    import fsspec

    # Chained URLs (simplecache::...) and drivers beyond ours are refused by scheme_of already.
    shown = public_uri(uri)
    try:
        # Whole at once: to open a file, the http driver first asks for its size and takes every failure for absence.
        files, path = fsspec.core.url_to_fs(uri)
        content: bytes = files.cat_file(path)
    except FileNotFoundError:
        raise DatasetError(f"{shown}: there is no such file") from None
    except IsADirectoryError:
        raise DatasetError(f"{shown}: is a folder, not a file") from None
    except PermissionError:
        raise DatasetError(f"{shown}: access is denied; are the credentials set?") from None
    except Exception as error:
        status = getattr(error, "status", None)
        if isinstance(status, int) and status < 500:
            raise DatasetError(f"{shown}: the server answers {status}") from None
        if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
            raise DatasetError(f"{shown}: there are no credentials for it") from None
        if type(error).__name__ in _CUT_OFF:
            raise DatasetUnreachableError(f"{shown}: broke off before the file was whole") from None
        raise DatasetUnreachableError(f"{shown}: cannot be reached ({type(error).__name__})") from None
    return content


def _parse(content: bytes, uri: str) -> pd.DataFrame:
    import pandas as pd

    shown = public_uri(uri)
    if not content.strip():
        raise DatasetError(f"{shown}: is empty")
    named_parquet = urlsplit(uri).path.endswith((".parquet", ".pq"))
    try:
        if content.startswith(_PARQUET_MAGIC) or named_parquet:
            return pd.read_parquet(io.BytesIO(content))
        return pd.read_csv(io.BytesIO(content), low_memory=False, encoding="utf-8-sig")
    except Exception as error:
        kind = "Parquet" if content.startswith(_PARQUET_MAGIC) or named_parquet else "CSV"
        reason = str(error).strip().splitlines()[0][:200]
        raise DatasetError(f"{shown}: is no readable {kind} file ({reason}); is it whole?") from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
