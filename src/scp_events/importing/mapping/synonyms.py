"""What others call our sheets, columns and words: the data of `synonyms.toml`, looked up by plain words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from scp_events.importing.column_kinds import KINDS, Column

EXACT, OF_ANY_SHEET, PARTLY = 4, 3, 2
"""How sure a name makes us, from most to least."""


@dataclass(frozen=True)
class Also:
    """A column that is a sheet of its own here."""

    called: tuple[str, ...]
    sheet: str
    column: str
    constants: Mapping[str, str]


def plain(text: str) -> str:
    """Return words without signs, accents and capitals: `Client-No.` and `client no` are the same."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        re.findall(r"\w+", "".join(c for c in letters if not unicodedata.combining(c)).replace("_", " "))
    )


def column_likeness(header: str, sheet: str, column: str) -> int:
    """Return how sure a header makes us that it is this column; 0 where it says nothing of the kind."""
    words = plain(header)
    own = _said(sheet, column)
    if words == plain(column) or words in own:
        return EXACT
    if words in _said("columns", column):
        return OF_ANY_SHEET
    return PARTLY if any(_is_part(name, words) for name in own) else 0


def sheet_likeness(name: str, sheet: str) -> int:
    """Return how sure the name of a file or worksheet makes us that it is this sheet."""
    words = plain(name)
    names = {plain(sheet), *_said("sheets", sheet)}
    if words in names:
        return EXACT
    return PARTLY if any(_is_part(each, words) for each in names) else 0


def is_a_header(text: str) -> bool:
    """Return whether some column of some sheet is called so."""
    return plain(text) in _all_headers()


def word_for(text: str, column: Column) -> str | None:
    """Return our word for one of theirs in a column of few words, or None where it is not known."""
    words = plain(text)
    by_column: Mapping[str, list[str]] = _data()["words"].get(
        "yes" if column.words == ("yes", "no") else column.name, {}
    )
    for ours in column.words:
        if words == plain(ours) or words in by_column.get(ours, ()):
            return ours
    return None


@cache
def also() -> tuple[Also, ...]:
    """Return the columns that are sheets of their own here."""
    return tuple(
        Also(tuple(each["called"]), each["is"], each["column"], each["constants"]) for each in _data()["also"]
    )


@cache
def name_parts() -> tuple[tuple[str, ...], ...]:
    """Return what the columns of a name in parts are called, in the order in which they are joined."""
    return tuple(tuple(called) for called in _data()["name_parts"])


def as_word(text: str) -> str:
    """Return text as an import reads a word: `In person` is `in-person`."""
    return re.sub(r"[\s_]+", "-", text.strip().lower())


def _is_part(name: str, words: str) -> bool:
    """Whether every word of a name is among the words; a short name says too little."""
    return len(name) > 2 and {*name.split()} <= {*words.split()}  # noqa: PLR2004 - such as `by` or `at`


def _said(section: str, name: str) -> list[str]:
    return list(_data().get(section, {}).get(name, ()))


@cache
def _all_headers() -> frozenset[str]:
    sections = ("columns", *KINDS)
    said = (name for section in sections for names in _data().get(section, {}).values() for name in names)
    ours = (plain(column) for columns in KINDS.values() for column in columns)
    return frozenset((*said, *ours))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((files(__package__ or "") / "synonyms.toml").read_text(encoding="utf-8"))
