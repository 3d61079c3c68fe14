"""Which form of an answer a client would rather have (RFC 9110, `Accept`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RANGE = re.compile(r"^\s*([\w!#$&^.+-]+|\*)/([\w!#$&^.+-]+|\*)\s*(?:;(.*))?$")
_QUALITY = re.compile(r"(?:^|;)\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)")
ANYTHING = "*/*"


def preferred(accept: str | None, offered: Iterable[str]) -> str | None:
    """Return the media type that is liked best, of several the first; None where none will do."""
    ranges = dict(_ranges(accept if accept and accept.strip() else ANYTHING))
    liked = [(_liking(ranges, each), each) for each in offered]
    best, kind = max(liked, key=lambda each: each[0])
    return kind if best > 0 else None


def _liking(ranges: dict[str, float], kind: str) -> float:
    """Return how much a media type is liked: what is said of it alone counts before what is said of many."""
    for said in (kind, f"{kind.partition('/')[0]}/*", ANYTHING):
        if said in ranges:
            return ranges[said]
    return 0.0


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for each in accept.lower().split(","):
        if found := _RANGE.match(each):
            quality = _QUALITY.search(found[3] or "")
            yield f"{found[1]}/{found[2]}", float(quality[1]) if quality else 1.0
