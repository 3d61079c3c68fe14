"""A refusal: a rule says no, and what to do instead."""

from __future__ import annotations

from typing import TypeVar

from scp_events.vocabulary.personal import Erased

T = TypeVar("T")


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """A rule says no. `rule` is its stable name; the message says what to do instead.

    A remedy names commands as the doors call them and fields as they are spelled, both in backticks: "agree
    boundaries with `agree-boundaries` first", "give a later `next_review_on`". A door may put its own words
    in their place, such as the sheet and the column.
    """

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(remedy)
        self.rule = rule
        self.remedy = remedy


def readable(said: T | Erased, what: str) -> T:
    """Return what was said; refuse to decide on it where it was erased."""
    if isinstance(said, Erased):
        raise Refused(
            "erased",
            f"{what} was erased on {said.at.date().isoformat()}, and this cannot be decided without:"
            " record it anew first, or decide on what can be read",
        )
    return said
