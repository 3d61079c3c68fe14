"""Chances that come out the same every time: from the seed, and whom or what they are about."""

from __future__ import annotations

from random import Random


def chances(seed: str, about: str | int) -> Random:
    """Return the chances of one person or thing, so that what happens to one changes no other."""
    return Random(f"{seed}/{about}")  # noqa: S311 - invented, not secret
