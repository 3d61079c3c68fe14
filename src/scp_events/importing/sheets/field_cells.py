"""What a cell says of a field: read by the type of the field, as a person would type it.

    valid_from      2025-03-31
    services        housing; debt-advice
    variants        code=minors; of_age=minors; session_count=40; session_minutes=45; total_minutes=1800

What holds several things each with parts has a line in the cell for each. A part that itself holds several
parts them by commas. A text with a semicolon or a line break in it is put in quotation marks, as in CSV.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, StringConstraints, TypeAdapter, ValidationError

from scp_events.aggregates.session.events import TimeOfDay
from scp_events.importing.cells import (
    AsCode,
    ClockTime,
    Codes,
    CodeWord,
    Day,
    Number,
    PersonWord,
    RowId,
    RowIds,
    Staff,
    WholeNumber,
    YesOrNo,
    code_words,
    complaint,
    complaints,
    parts_of,
)
from scp_events.vocabulary import Actor, Code, Currency, Erased, EventId, PersonCode, PolicyVersion

# --- what a field is --------------------------------------------------------------------------------------


class Plain(NamedTuple):
    """The type of a field without what is said beside it."""

    type: Any
    several: bool = False
    pattern: str | None = None
    """What a text has to look like."""
    at_least_one: bool = False
    """Of several: whether none is none too few."""

    @property
    def may_be_none(self) -> bool:
        """Whether it holds several, and saying nothing says that there are none."""
        return self.several and not self.at_least_one


def plain(annotation: Any, marks: Sequence[Any] = ()) -> Plain:  # noqa: ANN401 - whatever an annotation may be
    """Return what a field holds: `Annotated`, `None` and what was erased left out."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return plain(inner[0], [*inner[1:], *marks])
    if origin in {Union, UnionType}:
        [said] = [each for each in inner if each not in {NoneType, Erased}]
        return plain(said, marks)
    if origin is tuple:
        return plain(inner[0])._replace(several=True, at_least_one=_at_least_one(marks))
    if annotation is not EventId and hasattr(annotation, "__supertype__"):
        return plain(annotation.__supertype__, marks)
    return Plain(annotation, pattern=_pattern(marks))


def _at_least_one(marks: Sequence[Any]) -> bool:
    lengths = (getattr(each, "min_length", None) for mark in marks for each in _within(mark))
    return any(lengths)


def _pattern(marks: Sequence[Any]) -> str | None:
    patterns = (mark.pattern for mark in marks if isinstance(mark, StringConstraints))
    return next((each for each in patterns if isinstance(each, str)), None)


def _within(mark: Any) -> Sequence[Any]:  # noqa: ANN401 - whatever stands beside a type
    """Return a mark, or those that a `Field(...)` stands for."""
    return getattr(mark, "metadata", None) or (mark,)


# --- how a cell says it -----------------------------------------------------------------------------------


class Written(NamedTuple):
    """How a cell is read, and what people are told about that."""

    type: Any
    how: str


def written(field: Plain) -> Written:
    """Return how a cell says what a field holds."""
    if _is_model(field.type):
        assert field.several, "a single model is said part by part"  # noqa: S101 - ours
        return _items(field.type)
    if isinstance(field.type, type) and issubclass(field.type, Enum):
        return _choice(tuple(str(each) for each in field.type), several=field.several)
    one, several, how = _BY_TYPE.get(field.type) or _TEXTS.get(field.pattern or "", _ANY_TEXT)
    if not field.several:
        return Written(one, how)
    return Written(several or _SEVERAL_TEXTS, f"{how}; several are parted by semicolons")


def _is_model(said: Any) -> bool:  # noqa: ANN401 - whatever an annotation may be
    return isinstance(said, type) and issubclass(said, BaseModel) and said is not Actor


@cache
def _choice(words: tuple[str, ...], *, several: bool) -> Written:
    one: Any = Literal[words]
    if several:
        return Written(
            Annotated[tuple[one, ...], BeforeValidator(code_words)], "several, parted by semicolons"
        )
    return Written(Annotated[one, AsCode], "a word of the list")


def any_of(types: Sequence[Any]) -> Any:  # noqa: ANN401 - a type, known at run time only
    """Return the type of a column that several events use, each in its own way."""
    different = list(dict.fromkeys(types))
    if len(different) == 1:
        return different[0]
    choices = [next(iter(get_args(each)), None) for each in different]
    if all(get_origin(each) is Literal for each in choices):
        words = dict.fromkeys(word for each in choices for word in get_args(each))
        return _choice(tuple(words), several=False).type
    return str


def _of(annotation: Any) -> str:  # noqa: ANN401 - a type of text
    """Return the pattern of a type of text."""
    found = plain(annotation).pattern
    assert found is not None, "a text of a form has a pattern"  # noqa: S101 - ours
    return found


def _like(annotation: Any, example: str) -> Any:  # noqa: ANN401 - as above
    pattern = re.compile(_of(annotation))

    def read(cell: str) -> str:
        if not pattern.fullmatch(cell):
            raise complaint("not-of-the-form", "does not look as it must", f"write it as {example}")
        return cell

    return Annotated[str, BeforeValidator(read)]


def texts(cell: str) -> tuple[str, ...]:
    """Return texts that are parted by semicolons; one with a semicolon in it is in quotation marks."""
    return tuple(each.strip() for line in _lines(cell) for each in line if each.strip())


_SEVERAL_TEXTS = Annotated[tuple[str, ...], BeforeValidator(texts)]
_SEVERAL_PEOPLE = Annotated[tuple[PersonWord, ...], BeforeValidator(parts_of)]
_ROW = "the id of a row"
_BY_TYPE: dict[Any, tuple[Any, Any, str]] = {
    bool: (YesOrNo, None, "yes or no"),
    int: (WholeNumber, None, "a whole number"),
    Decimal: (Number, None, "a number, such as 12.50"),
    date: (Day, None, "a day"),
    Actor: (Staff, None, "a code from `staff`"),
    EventId: (RowId, RowIds, f"{_ROW}, of this sheet or another"),
    UUID: (RowId, None, f"{_ROW} that began it"),
}
_TEXTS: dict[str, tuple[Any, Any, str]] = {
    _of(Code): (CodeWord, Codes, "a code, such as court-order"),
    _of(PersonCode): (PersonWord, _SEVERAL_PEOPLE, "the code of a person, never their name"),
    _of(TimeOfDay): (ClockTime, None, "a time of day, such as 17:30"),
    _of(PolicyVersion): (_like(PolicyVersion, "2025.1"), None, "a version, such as 2025.1"),
    _of(Currency): (_like(Currency, "XCD"), None, "the code of a currency, such as XCD"),
}
_ANY_TEXT = (str, _SEVERAL_TEXTS, "a text")


# --- several things, each with parts ----------------------------------------------------------------------


@cache
def _items(model: type[BaseModel]) -> Written:
    parts = {name: plain(field.annotation, field.metadata) for name, field in model.model_fields.items()}
    readers = {name: TypeAdapter(_part(field)) for name, field in parts.items()}

    def read(cell: str) -> tuple[Any, ...]:
        said = enumerate(filter(any, _lines(cell)), start=1)
        return tuple(_item(model, readers, number, _pairs(line, "=")) for number, line in said)

    how = f"a line in the cell for each, such as {'; '.join(f'{name}=...' for name in parts)}"
    return Written(Annotated[tuple[Any, ...], BeforeValidator(read)], how)


def _part(field: Plain) -> Any:  # noqa: ANN401 - a type, known at run time only
    """Return how a part is read: where it holds several, they are parted by commas."""
    if _is_model(field.type):
        return Annotated[tuple[Any, ...], BeforeValidator(_reader_of_parts(field.type))]
    each: Any = written(field._replace(several=False)).type
    return Annotated[tuple[each, ...], BeforeValidator(_by_commas)] if field.several else each


def _reader_of_parts(model: type[BaseModel]) -> Any:  # noqa: ANN401 - a function that pydantic calls
    readers = {
        name: TypeAdapter(written(plain(field.annotation, field.metadata)).type)
        for name, field in model.model_fields.items()
    }

    def read(part: str) -> tuple[Any, ...]:
        said = enumerate(_by_commas(part), start=1)
        return tuple(_item(model, readers, number, _pairs(each.split(), ":")) for number, each in said)

    return read


def _lines(cell: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(cell, newline=""), delimiter=";", skipinitialspace=True)


def _by_commas(part: str) -> list[str]:
    return [each.strip() for each in part.split(",") if each.strip()]


def _pairs(parts: Sequence[str], sign: str) -> list[tuple[str, str]]:
    parted = (part.partition(sign) for part in parts if part.strip())
    return [(name.strip().lower(), value.strip()) for name, _, value in parted]


def _item(
    model: type[BaseModel],
    readers: dict[str, TypeAdapter[Any]],
    number: int,
    pairs: Sequence[tuple[str, str]],
) -> Any:  # noqa: ANN401 - one of the model
    """Return one thing of several. What is wrong with it is told by its number and the part's name."""
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name not in readers or name in said or not value:
            raise _wrong_item(number, f"say each once of {', '.join(readers)}")
        try:
            said[name] = readers[name].validate_python(value)
        except ValidationError as error:
            raise _wrong_item(number, f"`{name}` {_first_of(error)}") from None
    try:
        return model.model_validate(dict.fromkeys(_none_if_left_out(model), ()) | said)
    except ValidationError as error:
        named = f"`{found}` " if (found := complaints(error)[0].column) else ""
        raise _wrong_item(number, f"{named}{_first_of(error)}") from None


@cache
def _none_if_left_out(model: type[BaseModel]) -> tuple[str, ...]:
    fields = ((name, info) for name, info in model.model_fields.items() if info.is_required())
    return tuple(name for name, info in fields if plain(info.annotation, info.metadata).may_be_none)


def _wrong_item(number: int, what: str) -> Exception:
    return complaint(
        "not-an-item", "does not say each of what it names as it must", f"number {number}: {what}"
    )


def _first_of(error: ValidationError) -> str:
    wrong = complaints(error)[0]
    return f"{wrong.message}: {wrong.fix}"
