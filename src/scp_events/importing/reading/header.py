"""The first line of a sheet: the names of its columns, and everything that is wrong with them, at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scp_events.importing.lines import Value, as_typed
from scp_events.importing.report import UnreadableFileError, Wrong

REMARK_COLUMNS = ("why", "fix")
"""Written in front of rejected rows, ignored when they are read again."""


@dataclass(frozen=True)
class Columns:
    """What a sheet may and must have."""

    known: tuple[str, ...]
    needed: frozenset[str]

    def are(self, names: Sequence[str]) -> bool:
        """Whether these are the names of such a sheet, none missing and none unknown."""
        return self.needed <= set(names) <= {*self.known, *REMARK_COLUMNS, ""}


def names_in(first: Sequence[Value]) -> tuple[str, ...]:
    """Return the names of the columns in one spelling: `Happened on` is `happened_on`."""
    names = ["_".join(as_typed(value).lower().split()) for value in first]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def must_be_the_columns(names: Sequence[str], columns: Columns) -> None:
    """Refuse a sheet whose columns are not those it should have."""
    if wrongs := [*_wrongs(names, columns)]:
        raise UnreadableFileError(*wrongs)


def _wrongs(names: Sequence[str], columns: Columns) -> Iterator[Wrong]:
    """Yield what is wrong. An unknown column is refused: what it says would be lost without a word.

    One without a name may be there as long as no cell of it says anything.
    """
    known = {*columns.known, *REMARK_COLUMNS, ""}
    if unknown := [str(place) for place, name in enumerate(names, start=1) if name not in known]:
        yield Wrong(
            "unknown-column",
            f"has a column with a name this sheet does not have: number {', '.join(unknown)}",
            f"remove it, or name it one of {quoted(columns.known)}",
        )
    for name in sorted(columns.known):
        if names.count(name) > 1:
            yield Wrong("column-twice", f"has the column `{name}` twice", "keep one of the two", name)
    if missing := sorted(columns.needed - set(names)):
        yield Wrong(
            "missing-column",
            f"has no column {quoted(missing)}",
            "add it, and fill it in for every row",
            missing[0],
        )


def quoted(words: Sequence[str]) -> str:
    """Return words of ours for a message."""
    return ", ".join(f"`{word}`" for word in words)
