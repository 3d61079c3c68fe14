"""What each column of each sheet holds, as its model says: for templates, mappings and proposals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import Enum, StrEnum, auto
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from scp_events.importing.cells import RowId, RowIds
from scp_events.importing.registers import REGISTERS, Entry
from scp_events.importing.sheets import SHEETS, Row, fields_of
from scp_events.vocabulary import Actor, LegalBasis


class Kind(Enum):
    """What the cells of a column hold."""

    CASE = auto()
    ROW = auto()
    """The row's own id."""
    ROWS = auto()
    """Ids of other rows."""
    DAY = auto()
    TIME = auto()
    CHOICE = auto()
    """One of a few words."""
    STAFF = auto()
    LEGAL_BASIS = auto()
    NUMBER = auto()
    TEXT = auto()


@dataclass(frozen=True)
class Column:
    """A column of ours."""

    name: str
    kind: Kind
    is_needed: bool
    description: str
    words: tuple[str, ...] = ()
    """Of a choice: what it may say."""
    says_several: bool = False
    """Whether it may say several things, parted by semicolons."""


def _column(name: str, field: FieldInfo) -> Column:
    parts = list(_parts(field))
    words = tuple(dict.fromkeys(word for part in parts for word in _words(part)))
    several = any(get_origin(part) is tuple for part in parts)
    return Column(
        name, _kind(name, parts, words), field.is_required(), field.description or "", words, several
    )


def _kind(name: str, parts: list[Any], words: tuple[str, ...]) -> Kind:
    if name in {"row", "case"}:
        return Kind.ROW if name == "row" else Kind.CASE
    if words:
        return Kind.CHOICE
    if any(part is says for part in parts for says in _ROW_ID):
        return Kind.ROWS
    return next((kind for type_, kind in _BY_TYPE.items() if type_ in parts), Kind.TEXT)


_ROW_ID = (*get_args(RowId)[1:], *get_args(RowIds)[1:])
_BY_TYPE: Mapping[Any, Kind] = {
    date: Kind.DAY,
    time: Kind.TIME,
    Actor: Kind.STAFF,
    LegalBasis: Kind.LEGAL_BASIS,
    int: Kind.NUMBER,
}


def _parts(field: FieldInfo) -> Iterator[Any]:
    """Yield the types a field is made of, and what is said of them."""
    yield from field.metadata
    yield from _within(field.annotation)


def _within(annotation: object) -> Iterator[Any]:
    yield annotation
    if get_origin(annotation) is not Literal:
        yield from getattr(annotation, "__metadata__", ())
        for each in get_args(annotation):
            yield from _within(each)


def _words(part: object) -> tuple[str, ...]:
    if part is bool:
        return ("yes", "no")
    if isinstance(part, type) and issubclass(part, StrEnum):
        return tuple(str(word) for word in part)
    return tuple(str(word) for word in get_args(part)) if get_origin(part) is Literal else ()


_MODELS: tuple[type[Row | Entry], ...] = (*REGISTERS, *SHEETS)
KINDS: Mapping[str, Mapping[str, Column]] = {
    model.NAME: {name: _column(name, field) for name, field in fields_of(model).items()} for model in _MODELS
}
"""Of every sheet and register, its columns by name."""
