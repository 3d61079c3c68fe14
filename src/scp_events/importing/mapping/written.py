"""A proposed mapping as a file that a person reads, answers and keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from scp_events.importing.mapping.document import FORMAT, OPEN
from scp_events.importing.mapping.draft import Draft, DraftRow, DraftSheet, Said

_HEAD = f"""\
# Which of your sheets and columns are which of ours. Keep it, and count `version` up with every change.
# Left is ours, right is yours. `{OPEN}` is an open question: write the answer in its place.
#   a column of yours             note = "Comments"
#   several, joined by a space    name = ["First name", "Surname"]
#   the same on every line        preferred_language = {{ always = "en" }}
#   a sheet that is left out      is = "nothing"
#   columns that are left out     rename `undecided` to `ignored`"""


def as_toml(draft: Draft) -> str:
    """Return the file."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield _HEAD
    yield f"format = {FORMAT}"
    yield f"organisation = {_text(draft.organisation)}"
    yield "version = 1"
    if draft.written:
        yield "\n[cases] # how references are written: 9 is a digit, A a letter, everything else is itself"
        yield f"written = {_texts(draft.written)}"
        if draft.prefix:
            yield _said("prefix", draft.prefix)
    for sheet in draft.sheets:
        yield from _sheet(sheet)


def _sheet(sheet: DraftSheet) -> Iterator[str]:
    yield "\n[[sheet]]"
    yield f"file = {_text(sheet.file)}"
    if sheet.worksheet is not None:
        yield f"worksheet = {_text(sheet.worksheet)}"
    yield _said("is", sheet.says)
    if sheet.header_line is not None:
        yield f"header_line = {sheet.header_line} # what stands above is not read"
    if sheet.dates:
        yield _said("dates", sheet.dates)
    if sheet.only_where:
        yield f"only_where = {_texts(sheet.only_where)} # a line counts where this is filled in"
    if sheet.undecided:
        yield f"undecided = {_texts(sheet.undecided)} # near nothing of ours"
    if sheet.row:
        yield _row(sheet.row)
    yield from _table("columns", sheet.columns)
    for column, words in sheet.words.items():
        yield from _table(f"words.{column}", words)


def _row(row: DraftRow) -> str:
    how = f"column = {_text(row.column)}" if row.column else f"from = {_texts(row.made_from)}"
    return f"row = {{ {how}, prefix = {_text(row.prefix)} }}{_comment(row.why)}"


def _table(name: str, entries: Mapping[str, Said]) -> Iterator[str]:
    if entries:
        yield f"[sheet.{name}]"
        yield from (_said(_key(key), said) for key, said in entries.items())


def _key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else _text(key)


def _said(name: str, said: Said) -> str:
    value = _text(said.value) if isinstance(said.value, str) else _texts(said.value)
    return f"{name} = {f'{{ always = {value} }}' if said.always else value}{_comment(said.why)}"


def _comment(why: str) -> str:
    """Return a comment of one line, whatever a name of a column holds."""
    plain = "".join(sign if sign.isprintable() else " " for sign in why)
    return f" # {plain}" if why else ""


def _texts(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    """Return a TOML string. JSON writes the same, save for one sign that TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
