"""A refusal: a rule says no, and what to do instead."""

from __future__ import annotations

from collections.abc import Sequence


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


def must_differ(where: str, said: Sequence[str], remedy: str = "name each once") -> None:
    """Refuse a list that says the same twice. `said` is repeated, so it must tell of no person."""
    twice = sorted({each for each in said if said.count(each) > 1})
    if twice:
        raise Refused("named-twice", f"{where} names {twice[0]} twice: {remedy}")
