"""Where a row becomes commands: what it may look up, and how its steps are named.

A step's command id follows from the sheet, the row's id and the step's name, so a row sent again is the same
commands again. A stream that a row begins has an id that follows from the row; an earlier row's event is
found through that row's command.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Protocol, TypeGuard, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from scp_events.event_log import Recorded
from scp_events.importing.report import WrongCellError
from scp_events.vocabulary import (
    Actor,
    AnyAggregate,
    CaseId,
    Command,
    CommandId,
    Event,
    EventId,
    LegalBasis,
    Stream,
)

SPREADSHEETS = UUID("5d6f0a1e-6c0b-4a52-9e0c-2f0a3a7d1b60")
"""The namespace of every id that follows from a row."""
MAIN = "record"
"""The step by which other rows find a row."""

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of a row: whom to ask what, when it happened, and on whose behalf it is typed in."""

    name: str
    aggregate: AnyAggregate
    stream: Stream
    case_id: CaseId
    case_reference: str
    command: Command
    occurred_at: datetime | date
    on_behalf_of: Actor | None = None


def command_id(sheet: str, row: str, step: str = MAIN) -> CommandId:
    """Return the id of a row's command: always the same for the same row and step."""
    return CommandId(uuid5(SPREADSHEETS, f"{sheet}/{row}/{step}"))


def conversation_id(sheet: str, row: str) -> UUID:
    """Return what the commands of one row have in common."""
    return uuid5(SPREADSHEETS, f"{sheet}/{row}")


def event_id(sheet: str, row: str) -> EventId:
    """Return the id of the event a row records, where other events may name it."""
    return EventId(uuid5(command_id(sheet, row), "event"))


def part_id(sheet: str, row: str) -> UUID:
    """Return the id of the need, goal or step of a plan that a row adds."""
    return uuid5(command_id(sheet, row), "part")


def fingerprint(steps: Sequence[Step]) -> bytes:
    """Return a digest of what a row says in its last step and those before.

    Those before count, because one that decided nothing new leaves no trace of its own. People and laws count
    by name only: a credential added to the staff register, or the day a law ended, does not turn every
    earlier row into another one.
    """
    said = [[s.name, type(s.command).__name__, s.occurred_at, s.on_behalf_of, s.command] for s in steps]
    return sha256(json.dumps(_said(said), sort_keys=True).encode()).digest()


def _said(value: object) -> object:
    match value:
        case Actor():
            return value.id
        case LegalBasis():
            return [value.act, value.section]
        case BaseModel():
            names = [name for name in type(value).model_fields if name != "policy_version"]
            return {name: _said(getattr(value, name)) for name in names}
        case tuple() | list():
            return [_said(part) for part in value]
    return None if value is None else str(value)


def _is(recorded: Recorded[Any], kind: type[E]) -> TypeGuard[Recorded[E]]:
    return isinstance(recorded.event, kind)


class Register(Protocol):
    """What the desk asks of the log, or of a trial of it."""

    def open_case(self, reference: str) -> CaseId:
        """Return the case of this reference; make one where there is none yet."""

    def case_of(self, reference: str) -> CaseId | None:
        """Return the case of this reference, or None."""

    def events_of_command(self, command_id: CommandId) -> list[Recorded[Event]]:
        """Return what a command came to, oldest first."""


class Desk:
    """What a row may ask for while it is turned into commands."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._cases: dict[str, CaseId] = {}
        self._found: dict[CommandId, Recorded[Event]] = {}

    def open_case(self, reference: str) -> CaseId:
        """Return the case of this reference; make one where there is none yet."""
        if reference not in self._cases:
            self._cases[reference] = self._register.open_case(reference)
        return self._cases[reference]

    def case(self, reference: str) -> CaseId:
        """Return the case of this reference, which an earlier row opened."""
        found = self._cases.get(reference) or self._register.case_of(reference)
        if found is None:
            raise WrongCellError(
                "case",
                "unknown-case",
                "names a case nothing is known of",
                "import its referral or registration first",
            )
        self._cases[reference] = found
        return found

    def stream_of(self, category: str, sheet: str, row: str) -> Stream:
        """Return the stream that a row begins."""
        return Stream(category, uuid5(conversation_id(sheet, row), category))

    def find(self, kind: type[E], case_id: CaseId, column: str, row: str, sheet: str) -> Recorded[E]:
        """Return the event that a row named in `column` recorded: of this kind, and in this case."""
        found = self.recorded(case_id, column, row, sheet)
        if not _is(found, kind):
            raise _another_kind(column, sheet)
        return found

    def recorded(self, case_id: CaseId, column: str, row: str, sheet: str) -> Recorded[Event]:
        """Return the event that a row named in `column` recorded in this case."""
        found = self._earlier(row, sheet)
        if found is None:
            raise WrongCellError(
                column,
                "unknown-row",
                f"names a row of {sheet} that is not recorded",
                "check the row's id; if that row was rejected, correct it first",
            )
        if found.envelope.case_id != case_id:
            raise _another_kind(column, sheet)
        return found

    def evidence(self, case_id: CaseId, column: str, row: str, sheets: tuple[str, ...]) -> EventId:
        """Return the event that a row of one of these sheets recorded in this case."""
        *others, last = sheets
        sheet = next((name for name in others if self._earlier(row, name)), last)
        return self.recorded(case_id, column, row, sheet).envelope.event_id

    def _earlier(self, row: str, sheet: str) -> Recorded[Event] | None:
        asked = command_id(sheet, row)
        if asked not in self._found:
            events = self._register.events_of_command(asked)
            if not events:
                return None
            self._found[asked] = events[0]
        return self._found[asked]


def _another_kind(column: str, sheet: str) -> WrongCellError:
    return WrongCellError(
        column,
        "another-kind-of-row",
        f"names a row of {sheet} that is of another case, or of a kind that does not fit",
        "check the row's id",
    )
