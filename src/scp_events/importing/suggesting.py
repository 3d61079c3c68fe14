"""What somebody may have meant: the one of our own words that is most like what they wrote.

A suggestion is always a word of ours. What they wrote is compared and never repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

ALIKE = 0.65
"""How like two words must be, of 1. Less, and the suggestion would be a guess."""
LONGEST = 64
"""No word of ours is longer, and comparing long texts is slow."""


def closest(written: str, words: Iterable[str]) -> str | None:
    """Return the word that was probably meant; None where none is like it."""
    return _closest(written, tuple(words)) if len(written) <= LONGEST else None


@lru_cache(maxsize=1000)  # one wrong code stands in a column thousands of times
def _closest(written: str, words: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(written, words, n=1, cutoff=ALIKE)), None)
