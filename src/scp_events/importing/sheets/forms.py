"""The columns of a sheet that follows from an aggregate: the fields of its commands, by name.

What a row says is one command. Its event chooses which, and so which of the columns it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError, create_model

from scp_events.commands.registry import correctable
from scp_events.importing.cells import Path, Registers, complaints
from scp_events.importing.report import Wrong
from scp_events.importing.sheets.field_cells import Plain, any_of, plain, written
from scp_events.vocabulary import Actor, AnyAggregate, Command, DecisionCommand, EventId, Word, stored_type

FILLED_IN = frozenset({"event_id", "decision", "policy_version"})
"""Fields that no column says: the row's id, its grounds, and the rules in force."""

LookUp = Callable[[str, str, bool], UUID]
"""Returns what a row named in a column came to: its event, or the stream that it belongs to."""


@dataclass(frozen=True)
class Cell:
    """How a column says a field of a command."""

    column: str
    path: tuple[str, ...]
    """Where in the command it goes: a field, or a part of one."""
    field: Plain
    needed: bool
    none_if_blank: bool
    """Whether the field holds several things, and a blank cell says that there are none."""
    is_shared: bool = False
    """Whether another event uses the column in another way, so that it is read as this one does."""

    @property
    def names_a_row(self) -> bool:
        """Whether it names another row, by its id."""
        return self.field.type in {EventId, UUID}

    @cached_property
    def reader(self) -> TypeAdapter[Any]:
        """What reads it as this event does."""
        return TypeAdapter(written(self.field).type)


@dataclass(frozen=True)
class Form:
    """A command as rows of a sheet say it."""

    command: type[Command]
    begins: bool
    """Whether it begins what it is about."""
    cells: tuple[Cell, ...]

    @property
    def decides(self) -> bool:
        """Whether it is a decision, so that it comes with its grounds."""
        return issubclass(self.command, DecisionCommand)

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns it uses besides those of every row."""
        return frozenset(cell.column for cell in self.cells)

    @cached_property
    def content(self) -> type[BaseModel]:
        """The fields that columns say, as strict as the command is."""
        said: dict[str, Any] = {
            name: (field.annotation, field)
            for name, field in self.command.model_fields.items()
            if name not in FILLED_IN
        }
        return create_model(f"{self.command.__name__}Content", __base__=Word, **said)

    def said(self, row: BaseModel, look_up: LookUp) -> BaseModel:
        """Return what a row says. Raises `ValidationError` where that cannot be said."""
        fields: dict[str, Any] = {}
        for cell in self.cells:
            value = getattr(row, cell.column)
            if value is None and cell.none_if_blank:
                value = ()
            elif value is None:
                continue
            else:
                value = _value(cell, value, look_up)
            whole = fields
            for part in cell.path[:-1]:
                whole = whole.setdefault(part, {})
            whole[cell.path[-1]] = value
        return self.content.model_validate(fields)

    def wrongs(self, row: BaseModel, registers: Registers) -> Iterator[Wrong]:
        """Yield what is wrong with the cells, each told once."""
        blank = [c for c in self.cells if c.needed and getattr(row, c.column) is None]
        yield from (_needed(cell.column) for cell in blank)
        shared = [c for c in self.cells if c.is_shared and getattr(row, c.column) is not None]
        unreadable = {c.column: w for c in shared for w in _unreadable(c, getattr(row, c.column), registers)}
        yield from unreadable.values()
        told: set[str | None] = {*unreadable, *(cell.column for cell in blank)}
        for wrong in self._misfits(row):
            if wrong.column not in told:
                told.add(wrong.column)
                yield wrong

    def _misfits(self, row: BaseModel) -> Sequence[Wrong]:
        try:
            self.said(row, _anything)
        except ValidationError as error:
            return complaints(error, self._column_of)
        return ()

    def _column_of(self, path: Path) -> str | None:
        """Return the column that says what stands at a path, or the first that says a part of it."""
        fitting = (c.column for c in self.cells if path[: len(c.path)] == c.path[: len(path)])
        return next(fitting, None)


def _value(cell: Cell, said: Any, look_up: LookUp) -> Any:  # noqa: ANN401 - of any field
    if cell.is_shared:
        said = cell.reader.validate_python(said)
    if not cell.names_a_row:
        return said
    is_event = cell.field.type is EventId
    if isinstance(said, tuple):
        return tuple(look_up(cell.column, row, is_event) for row in said)
    return look_up(cell.column, said, is_event)


def _anything(_column: str, _row: str, _is_event: bool) -> UUID:  # noqa: FBT001 - called in one way
    """Stand for what a row came to, while only the form of the cells is looked at."""
    return UUID(int=0)


def _unreadable(cell: Cell, said: str, registers: Registers) -> list[Wrong]:
    try:
        cell.reader.validate_python(said, context=registers)
    except ValidationError as error:
        return [replace(wrong, column=cell.column) for wrong in complaints(error)]
    return []


def _needed(column: str) -> Wrong:
    return Wrong("missing", "is blank, and a row of this event needs it", "fill the cell in", column)


# --- from an aggregate ------------------------------------------------------------------------------------


def event_name(command: type[Command]) -> str:
    """Return what a sheet calls what a command records: `imposed` for `sanction.imposed`."""
    return stored_type(command.RECORDS).partition(".")[2]


def forms_of(aggregate: AnyAggregate, base: type[BaseModel]) -> dict[str, Form]:
    """Return the commands of an aggregate by what rows call them. `base` has the columns of every row.

    What takes effect by being recorded, or only the program itself says, no sheet says.
    """
    prefix = aggregate.CATEGORY.replace("-", "_")

    def named(path: Sequence[str]) -> str:
        name = "_".join(path)
        return f"{prefix}_{name}" if _is_taken(name, base) else name

    forms = {
        event_name(command): Form(
            command, command is aggregate.BEGINS, tuple(_cells(command, named, (), needed=True))
        )
        for command in correctable(aggregate)
    }
    types = column_types(forms)
    return {
        name: replace(form, cells=tuple(_as_shared(cell, types[cell.column]) for cell in form.cells))
        for name, form in forms.items()
    }


def _is_taken(name: str, base: type[BaseModel]) -> bool:
    columns = {field.alias for field in base.model_fields.values()} | {*base.model_fields}
    return name in columns or hasattr(base, name)


def _cells(
    model: type[BaseModel], named: Callable[[Sequence[str]], str], path: tuple[str, ...], *, needed: bool
) -> Iterator[Cell]:
    for name, info in model.model_fields.items():
        if not path and name in FILLED_IN:
            continue
        field, here = plain(info.annotation, info.metadata), (*path, name)
        is_needed = needed and info.is_required()
        if _is_flat(field):
            yield from _cells(field.type, named, here, needed=is_needed)
        else:
            is_none = is_needed and field.may_be_none
            yield Cell(named(here), here, field, is_needed and not is_none, is_none)


def _is_flat(field: Plain) -> bool:
    """Whether a field is one model, said part by part in columns of their own."""
    is_model = isinstance(field.type, type) and issubclass(field.type, Word)
    return is_model and not field.several and field.type is not Actor


def _as_shared(cell: Cell, column: Any) -> Cell:  # noqa: ANN401 - a type, known at run time only
    return replace(cell, is_shared=column != written(cell.field).type)


def column_types(forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the type of every column, in the order of the commands."""
    types: dict[str, list[Any]] = {}
    for form in forms.values():
        for cell in form.cells:
            types.setdefault(cell.column, []).append(written(cell.field).type)
    return {column: any_of(found) for column, found in types.items()}


def described(forms: Mapping[str, Form], column: str) -> str:
    """Return for which events a column is, and how it is written."""
    using = {name: c for name, form in forms.items() for c in form.cells if c.column == column}
    events = ", ".join(f"`{name}`{' (needed)' if cell.needed else ''}" for name, cell in using.items())
    how = dict.fromkeys(written(cell.field).how for cell in using.values())
    return f"{'; or '.join(how)}. Of {events}.".replace(*_capital(next(iter(how))), 1)


def _capital(how: str) -> tuple[str, str]:
    return how, how[0].upper() + how[1:]


def command_of(form: Form, said: BaseModel, filled_in: Mapping[str, Any]) -> Command:
    """Return the command that a row stands for; `filled_in` are fields that no column says."""
    fields = {name: getattr(said, name) for name in form.content.model_fields}
    own = {name: value for name, value in filled_in.items() if name in form.command.model_fields}
    return form.command(**fields, **own)
