"""What the event of an asset says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def newest_extra(triggering_asset_events: Mapping[Any, Sequence[Any]]) -> Mapping[str, Any]:
    """The extra of the newest of the events that started a run; empty where none did, or where it has none."""
    events = [event for asset in triggering_asset_events for event in triggering_asset_events[asset]]
    return (max(events, key=lambda event: event.timestamp).extra or {}) if events else {}
