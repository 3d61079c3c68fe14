"""Time zones by their names, as whoever imports says where the times in the sheets were noted."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class UnknownTimeZoneError(Exception):
    """There is no time zone of that name."""


def time_zone_named(name: str) -> ZoneInfo:
    """Return a time zone. Raises `UnknownTimeZoneError`; its message does not repeat the name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise UnknownTimeZoneError("is no time zone; name one such as Europe/London") from None
