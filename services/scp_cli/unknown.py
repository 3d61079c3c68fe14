"""A code that nobody has: told apart from a question whose answer is nothing."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

A_FEW = 5


class UnknownCodeError(Exception):
    """Nothing that was recorded has this code."""


def must_be_known(what: str, code: str, known: Collection[str]) -> None:
    """Raise `UnknownCodeError` for a code that is not among those known; name some that are near."""
    if code in known:
        return
    near = get_close_matches(code, known, n=3, cutoff=0.5)
    raise UnknownCodeError(f"{what} {code!r} is not known{_instead(near, sorted(known))}")


def _instead(near: Collection[str], known: Collection[str]) -> str:
    if near:
        return f": did you mean {', '.join(near)}?"
    if not known:
        return ": none has been recorded yet"
    more = f" and {len(known) - A_FEW} more" if len(known) > A_FEW else ""
    return f": known are {', '.join([*known][:A_FEW])}{more}"
