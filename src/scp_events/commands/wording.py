"""What a rule says, in the words of a door.

A remedy names commands as `agree-boundaries`. Whoever reads it sends them in one way, over HTTP or by typing:
so each door says how, and what is no command is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from scp_events.commands.registry import OFFERS, Offer

_NAMED = re.compile(r"`([a-z][a-z-]*)`")
_OFFERED = {offer.name: offer for offer in OFFERS}
"""By name. Of a command that every aggregate has, any: doors say how it is sent to whichever it is."""


def in_words_of(door: Callable[[Offer], str], remedy: str) -> str:
    """Return a remedy with every command in it as the door says it is sent."""
    return _NAMED.sub(lambda found: _worded(door, found), remedy)


def _worded(door: Callable[[Offer], str], found: re.Match[str]) -> str:
    offer = _OFFERED.get(found[1])
    return found[0] if offer is None else f"`{door(offer)}`"
