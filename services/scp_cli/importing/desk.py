"""Where a row becomes commands: what it may look up, and how its steps are named.

A step's command id follows from the sheet, the row's id and the step's name, so a row sent again is the same
commands again. Streams keep random ids; an earlier row's stream is found through that row's command.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeGuard, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from scp_cli.importing.report import WrongCellError
from scp_events.event_log import EventLog, Recorded
from scp_events.vocabulary import (
    Actor,
    Aggregate,
    Command,
    CommandId,
    Event,
    EventId,
    LegalBasis,
    ParticipantId,
    Stream,
)

SPREADSHEETS = UUID("5d6f0a1e-6c0b-4a52-9e0c-2f0a3a7d1b60")
"""The namespace of every id that follows from a row."""
MAIN = "record"
"""The step by which other rows find a row."""

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Step:
    """One command of a row: whom to ask what, when it happened, and on whose behalf it is typed in."""

    name: str
    aggregate: Aggregate[Any, Any, Any, Any]
    stream_id: UUID
    case_id: ParticipantId
    command: Command
    occurred_at: datetime
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


class Desk:
    """What a row may ask for while it is turned into commands."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._cases: dict[str, ParticipantId] = {}
        self._found: dict[CommandId, Recorded[Event]] = {}

    def open_case(self, reference: str) -> ParticipantId:
        """Return the case of this reference; make one where there is none yet."""
        self._cases[reference] = self._log.open_case(reference)
        return self._cases[reference]

    def case(self, reference: str) -> ParticipantId:
        """Return the case of this reference, which an earlier row opened."""
        found = self._cases.get(reference) or self._log.case_of(reference)
        if found is None:
            raise WrongCellError(
                "case",
                "unknown-case",
                "names a case nothing is known of",
                "import its referral or registration first",
            )
        self._cases[reference] = found
        return found

    def find(self, kind: type[E], case_id: ParticipantId, column: str, row: str, sheet: str) -> Recorded[E]:
        """Return the event that a row named in `column` recorded: of this kind, and in this case."""
        found = self._earlier(row, sheet)
        if found is None:
            raise WrongCellError(
                column,
                "unknown-row",
                f"names a row of {sheet} that is not recorded",
                "check the row's id; if that row was rejected, correct it first",
            )
        if not _is(found, kind) or found.envelope.case_id != case_id:
            raise WrongCellError(
                column,
                "another-kind-of-row",
                f"names a row of {sheet} that is of another case, or of a kind that does not fit",
                "check the row's id",
            )
        return found

    def stream_of(self, sheet: str, row: str) -> Stream | None:
        """Return the stream a row began when it was recorded before; None for a new row."""
        earlier = self._earlier(row, sheet)
        return earlier.stream if earlier else None

    def evidence(self, case_id: ParticipantId, column: str, row: str, sheets: tuple[str, ...]) -> EventId:
        """Return the event that a row of one of these sheets recorded in this case."""
        *others, last = sheets
        sheet = next((name for name in others if self._earlier(row, name)), last)
        return self.find(Event, case_id, column, row, sheet).envelope.event_id

    def _earlier(self, row: str, sheet: str) -> Recorded[Event] | None:
        asked = command_id(sheet, row)
        if asked not in self._found:
            events = self._log.events_of_command(asked)
            if not events:
                return None
            self._found[asked] = events[0]
        return self._found[asked]
