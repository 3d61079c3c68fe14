"""A refusal: a rule says no, and what to do instead."""

from __future__ import annotations


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
