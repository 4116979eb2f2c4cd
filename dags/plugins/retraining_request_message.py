"""A message of the topic ``retraining-requests``, checked: only a well-formed one starts a retraining.

Lies in ``plugins/`` because the triggerer imports it, which knows no DAG bundle.
"""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit

_LOG = logging.getLogger(__name__)

_LONGEST = {"cause": 100, "reason": 1000, "report_url": 2000, "version": 20}
"""What a message may say, in characters. ``cause`` is needed."""
_LARGEST_BYTES = 16_384


def accept_message(message: Any) -> dict[str, str] | None:
    """The request in a Kafka message; None, and a line in the log, where it is none.

    A request is a JSON object ``{"cause": ..., "reason"?, "report_url"?, "version"?}`` of texts, for example
    ``{"cause": "alert", "reason": "ModelQualityLow is firing"}``.
    """
    value = message.value()
    fault = _fault(value)
    if fault is not None:
        # Not the message itself: anyone who may write to the topic could put anything into the log.
        _LOG.warning("a request for retraining is passed over (offset %s): %s", message.offset(), fault)
        return None
    request: dict[str, str] = json.loads(value)
    return {**request, "source": "kafka"}


def _fault(value: bytes | None) -> str | None:
    """What is wrong; None where nothing is."""
    if value is None or len(value) > _LARGEST_BYTES:
        return "it is empty" if value is None else f"it is larger than {_LARGEST_BYTES} bytes"
    try:
        request = json.loads(value)
    except (ValueError, RecursionError):
        return "it is no JSON"
    if not isinstance(request, dict) or not request.get("cause"):
        return "it is no object with a cause"
    for name, text in request.items():
        if name not in _LONGEST:
            return f"there is no such key as one of its {len(request)}; there are {', '.join(_LONGEST)}"
        if not isinstance(text, str) or len(text) > _LONGEST[name] or not text.isprintable():
            return f"{name} is no printable text of at most {_LONGEST[name]} characters"
    if "report_url" in request and urlsplit(request["report_url"]).scheme not in ("http", "https"):
        return "report_url is no http or https address"
    return None
