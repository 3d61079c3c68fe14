"""Where a row becomes commands: what it may look up, and how its steps are named.

A step's command id follows from the sheet, the row's id and the step's name, so a row sent again is the same
commands again. A stream that a row begins has an id that follows from the row; an earlier row's event is
found through that row's command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any, NamedTuple, TypeGuard, TypeVar
from uuid import UUID

from pydantic import BaseModel
from uuid_utils.compat import uuid5

from scp_events.event_log import CommandHandler, Recollection, Recorded
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
    PolicyVersion,
    Stream,
)

SPREADSHEETS = UUID("5d6f0a1e-6c0b-4a52-9e0c-2f0a3a7d1b60")
"""The namespace of every id that follows from a row."""
SOME = 32_768
"""Ids that need not be made anew: each is asked for several times while its case is worked on, and others'
meanwhile."""
MAIN = "record"
"""The step by which other rows find a row."""

E = TypeVar("E", bound=Event)


class Step(NamedTuple):
    """One command of a row: whom to ask what, when it happened, and on whose behalf it is typed in."""

    name: str
    aggregate: AnyAggregate
    stream: Stream
    case_id: CaseId | None
    case_reference: str
    """Of what belongs to no case, its name."""
    command: Command
    occurred_at: datetime | date
    on_behalf_of: Actor | None = None


def command_id(sheet: str, row: str, step: str = MAIN) -> CommandId:
    """Return the id of a row's command: always the same for the same row and step."""
    return CommandId(_following(SPREADSHEETS, f"{sheet}/{row}/{step}"))


def conversation_id(sheet: str, row: str) -> UUID:
    """Return what the commands of one row have in common."""
    return uuid5(SPREADSHEETS, f"{sheet}/{row}")


def event_id(sheet: str, row: str) -> EventId:
    """Return the id of the event a row records, where other events may name it."""
    return EventId(_following(command_id(sheet, row), "event"))


def part_id(sheet: str, row: str) -> UUID:
    """Return the id of the need, goal or step of a plan that a row adds."""
    return uuid5(command_id(sheet, row), "part")


@lru_cache(maxsize=SOME)
def _following(whole: UUID, name: str) -> UUID:
    return uuid5(whole, name)


def fingerprint(steps: Sequence[Step], entered_on: date) -> bytes:
    """Return a digest of what a row says in its last step and those before, and of when it was entered.

    Those before count, because one that decided nothing new leaves no trace of its own. People and laws count
    by name only: a credential added to the staff register, or the day a law ended, does not turn every
    earlier row into another one.
    """
    said = [[s.name, type(s.command).__name__, s.occurred_at, s.on_behalf_of, s.command] for s in steps]
    return sha256(_ENCODER.encode([entered_on, said]).encode()).digest()


def _said(value: object) -> object:
    """Return what JSON has no form for, as it counts."""
    if not isinstance(value, BaseModel):
        return str(value)
    if isinstance(value, Actor):
        return value.id
    if isinstance(value, LegalBasis):
        return [value.act, value.section]
    return {name: said for name, said in vars(value).items() if name != "policy_version"}


_ENCODER = json.JSONEncoder(sort_keys=True, default=_said)


def _is(recorded: Recorded[Any], kind: type[E]) -> TypeGuard[Recorded[E]]:
    return isinstance(recorded.event, kind)


class _NotAtHandError(Exception):
    """What a row asks for has to be looked up first."""

    def __init__(self, look_up: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__()
        self.look_up = look_up


class Desk:
    """What rows of a case may ask for while they are turned into commands.

    It has at hand what was asked for before. For whatever else a row is set aside, until that is looked up.
    """

    def __init__(self, log: CommandHandler, earlier: Recollection) -> None:
        """`earlier` is what rows of the case are known to have come to already."""
        self._log = log
        self._earlier_rows = earlier
        self._cases: dict[str, CaseId | None] = {}
        self._found: dict[CommandId, Recorded[Event]] = {}
        self._in_vain: set[CommandId] = set()

    async def steps(self, of: Callable[[Desk], list[Step]]) -> list[Step]:
        """Return the steps of a row, looking up what it asks for. Raises what `of` raises."""
        self._in_vain.clear()  # what was not there for the row before may be there by now
        self._cases = {reference: case for reference, case in self._cases.items() if case}
        while True:
            try:
                return of(self)
            except _NotAtHandError as missing:
                await missing.look_up()

    def open_case(self, reference: str) -> CaseId:
        """Return the case of this reference; make one where there is none yet."""
        found = self._cases.get(reference)
        if found is None:
            raise _NotAtHandError(partial(self._open, reference))
        return found

    def case(self, reference: str) -> CaseId:
        """Return the case of this reference, which an earlier row opened."""
        if reference not in self._cases:
            raise _NotAtHandError(partial(self._look_up_case, reference))
        found = self._cases[reference]
        if found is None:
            raise WrongCellError(
                "case",
                "unknown-case",
                "names a case nothing is known of",
                "import its referral or registration first",
            )
        return found

    def policy_on(self, day: date | None = None) -> PolicyVersion:
        """Return the version of the policy in force on a day, or today: whatever a row tells names it."""
        return self._log.policy_on(day).version

    def stream_of(self, category: str, sheet: str, row: str) -> Stream:
        """Return the stream that a row begins."""
        return Stream(category, uuid5(conversation_id(sheet, row), category))

    def find(self, kind: type[E], case_id: CaseId | None, column: str, row: str, sheet: str) -> Recorded[E]:
        """Return the event that a row named in `column` recorded: of this kind, and in this case."""
        found = self.recorded(case_id, column, row, sheet)
        if not _is(found, kind):
            raise _another_kind(column, sheet)
        return found

    def recorded(self, case_id: CaseId | None, column: str, row: str, sheet: str) -> Recorded[Event]:
        """Return the event that a row named in `column` recorded in this case, or beside all cases."""
        found = self._earlier(row, sheet, case_id)
        if found is None:
            raise WrongCellError(
                column,
                "unknown-row",
                f"names a row of {sheet} that is not recorded in this case",
                "check the row's id and its case; if that row was rejected, correct it first",
            )
        return found

    def evidence(self, case_id: CaseId | None, column: str, row: str, sheets: tuple[str, ...]) -> EventId:
        """Return the event that a row of one of these sheets recorded in this case."""
        *others, last = sheets
        sheet = next((name for name in others if self._earlier(row, name, case_id)), last)
        return self.recorded(case_id, column, row, sheet).envelope.event_id

    def anywhere(
        self, case_id: CaseId | None, column: str, row: str, sheets: Sequence[str]
    ) -> Recorded[Event]:
        """Return the event that a row of one of all sheets recorded in this case; two may not fit."""
        found = {sheet: self._earlier(row, sheet, case_id, among=sheets) for sheet in sheets}
        fitting = [(sheet, each) for sheet, each in found.items() if each is not None]
        if not fitting:
            raise WrongCellError(
                column,
                "unknown-row",
                "names a row that is not recorded in this case",
                "check the row's id and its case; if that row was rejected, correct it first",
            )
        if len(fitting) > 1:
            raise WrongCellError(
                column,
                "several-rows",
                f"names a row of each of {', '.join(sheet for sheet, _ in fitting)}",
                "give rows of different sheets ids that differ",
            )
        return fitting[0][1]

    def _earlier(
        self, row: str, sheet: str, case_id: CaseId | None, among: Sequence[str] = ()
    ) -> Recorded[Event] | None:
        """Return what a row recorded; None where it recorded nothing, or of another case.

        Where rows of other sheets will be asked for as well, all of them are looked up at once.
        """
        asked = command_id(sheet, row)
        if asked in self._in_vain:
            return None
        if asked not in self._found:
            together = [command_id(each, row) for each in among] or [asked]
            raise _NotAtHandError(partial(self._look_up_rows, together))
        found = self._found[asked]
        return found if found.envelope.case_id == case_id else None

    async def _open(self, reference: str) -> None:
        self._cases[reference] = await self._log.open_case(reference)

    async def _look_up_case(self, reference: str) -> None:
        self._cases[reference] = await self._log.case_of(reference)

    async def _look_up_rows(self, asked: Sequence[CommandId]) -> None:
        unknown = [each for each in asked if each not in self._earlier_rows]
        recalled = await self._log.recall(unknown) if unknown else {}
        for each in asked:
            came_to = self._earlier_rows.get(each) or recalled.get(each)
            if came_to is None:
                self._in_vain.add(each)
            else:
                self._found[each] = self._log.read(came_to[0])


def _another_kind(column: str, sheet: str) -> WrongCellError:
    return WrongCellError(
        column,
        "another-kind-of-row",
        f"names a row of {sheet} that is of a kind that does not fit",
        "check the row's id",
    )
