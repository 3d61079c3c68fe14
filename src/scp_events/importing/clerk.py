"""Working through the rows of a case one after the other, and noting what became of each.

Rows of one day that were entered on one day have no order that anybody wrote down. They are taken as the
programme usually goes, and one that a rule refuses is asked again after the others of its day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from pydantic import ValidationError

from scp_events.event_log import (
    BusyError,
    CommandHandler,
    CommandIdReusedError,
    CommandRequest,
    Outcome,
    Recollection,
)
from scp_events.importing.cells import Registers, complaints
from scp_events.importing.desk import Desk, Step, command_id, conversation_id, fingerprint
from scp_events.importing.known import Before
from scp_events.importing.look_alikes import Contents, People
from scp_events.importing.order import Day, Place, Turn, Waiting
from scp_events.importing.questions import NOTHING_ASKED, Questions
from scp_events.importing.remedies import in_words_of_sheets
from scp_events.importing.report import (
    ImportReport,
    NothingNewError,
    Progress,
    RowProblem,
    Wrong,
    WrongCellError,
)
from scp_events.importing.sheets import Row
from scp_events.vocabulary import Actor, CommandId, Provenance, Refused, SourceRow

PURPOSE = "import"
SOURCE = "spreadsheet"
END_OF_DAY = time(23, 59, 59)
"""When a row counts as entered: by the end of its day, so nothing is claimed known before it was."""
AT_ONCE = 100
"""Rows of a case that are at least read, and looked for in the log, at the same time."""

OnRow = Callable[[Progress], None]
Read = tuple[Place, Row]
Log = CommandHandler
"""The log, or in a dry run a trial of it."""


@dataclass
class Clerk:
    """Knows for whom rows are recorded, and keeps the report."""

    by: Actor
    registers: Registers
    waiting: Waiting
    report: ImportReport
    on_row: OnRow
    digests: Mapping[Path, str]
    """The SHA-256 of each file."""
    mapping_sha256: str | None
    """That of the mapping they were read by, where there is one."""
    before: Before

    def __post_init__(self) -> None:
        self._questions = Questions(self.before, self.registers.today, self.report.accepted)
        self._people = People()
        self._done = 0
        self._first_lines: dict[tuple[str, str], tuple[str, int]] = {}

    # --- the order of things ------------------------------------------------------------------------------

    def read_all(self) -> None:
        """Have every row wait that can be read; reject the others."""
        self.report.read = len(self.waiting)
        for numbers, place in self.waiting.places():
            row = self._read(place)
            if row is not None:
                self.waiting.add(numbers, row)
                self._questions.note(row)
                self._people.note(row)
        self._done = self.report.rejected

    async def work_through(self, log: Log, turn: Turn) -> None:
        """Deal with every row of a case, or of what belongs to none."""
        contents = Contents(self.before)
        for days in _several(self.waiting.days(turn)):
            rows = [[(place, row) for place in day if (row := self._read(place))] for day in days]
            ids = [command_id(row.NAME, row.row) for day in rows for _, row in day]
            await log.foresee([row.event_id for day in rows for _, row in day])
            at_work = _AtWork(self, log, await log.recall(ids), contents)
            for day in rows:
                await self._record_as_rules_allow(at_work, day)

    async def _record_as_rules_allow(self, at_work: _AtWork, rows: list[Read]) -> None:
        """Record the rows of one day, asking those that a rule refuses again after the others."""
        while rows:
            refused: list[tuple[Place, Row, Refused]] = []
            for place, row in rows:
                refusal = await self._deal_with(at_work, place, row)
                if refusal is None:
                    self._is_dealt_with(place)
                else:
                    refused.append((place, row, refusal))
            if len(refused) == len(rows):
                for place, _, refusal in refused:
                    self._reject(place, [_by_a_rule(refusal)])
                    self._is_dealt_with(place)
                return
            rows = [(place, row) for place, row, _ in refused]

    async def _deal_with(self, at_work: _AtWork, place: Place, row: Row) -> Refused | None:
        """Record a row or reject it; return the refusal of a rule, which may allow it later."""
        asked = NOTHING_ASKED if at_work.was_recorded(row) else self._questions.about(row)
        if asked.refused:
            self._reject(place, asked.refused)
            return None
        try:
            is_new = await at_work.record(place, row, [each.code for each in asked.accepted])
        except Refused as refusal:
            return refusal
        except WrongCellError as error:
            self._reject(place, [error.wrong])
        except ValidationError as error:
            self._reject(place, complaints(error))
        except CommandIdReusedError:
            if await at_work.is_there_but_for_its_entry(place, row):
                self._count(place, row, [_ENTERED_OTHERWISE], is_new=False)
            else:
                self._reject(place, [_IMPORTED_OTHERWISE])
        except NothingNewError:
            self._reject(place, [_NOTHING_NEW])
        except BusyError:
            self._reject(place, [_BUSY])
        else:
            looks = await at_work.look_alikes(row, is_new=is_new)
            self._count(place, row, [*asked.accepted, *self._people.look_at(row), *looks], is_new=is_new)
        return None

    # --- what became of a row -----------------------------------------------------------------------------

    def _read(self, place: Place) -> Row | None:
        if place.line.unnamed:
            self._reject(place, [_BEYOND_THE_COLUMNS])
            return None
        try:
            return place.model.model_validate(place.line.cells, context=self.registers)
        except ValidationError as error:
            self._reject(place, complaints(error))
            return None

    def _count(self, place: Place, row: Row, remarks: Sequence[Wrong], *, is_new: bool) -> None:
        self.report.remarks += [_problem(place, remark) for remark in remarks]
        if is_new:
            self.report.recorded += 1
        else:
            self.report.already_there += 1
        row_id = row.NAME, row.row
        if row_id in self.waiting.twice:
            here = place.sheet.file, place.line.number
            first = self._first_lines.setdefault(row_id, here)
            if first != here:
                self.report.remarks.append(_problem(place, _twice(place.sheet.file, *first)))

    def _reject(self, place: Place, wrongs: Sequence[Wrong]) -> None:
        self.report.rejected += 1
        # One cell of a mapped sheet may be several columns of ours: what is wrong with it is said once.
        self.report.problems += dict.fromkeys(_problem(place, wrong) for wrong in wrongs)

    def _is_dealt_with(self, place: Place) -> None:
        self._done += 1
        there = self.report.recorded + self.report.already_there
        self.on_row(Progress(self._done, self.report.read, place.sheet.file, there))


class _AtWork:
    """Records rows of one case, of which it is known what they came to earlier."""

    def __init__(self, clerk: Clerk, log: Log, earlier: Recollection, contents: Contents) -> None:
        self._clerk = clerk
        self._log = log
        self._earlier = earlier
        self._contents = contents
        self._desk = Desk(log, earlier)

    def was_recorded(self, row: Row) -> bool:
        """Whether a row was recorded by an earlier import: whatever there is to ask was answered then."""
        return command_id(row.NAME, row.row) in self._earlier

    async def is_there_but_for_its_entry(self, place: Place, row: Row) -> bool:
        """Whether a row was recorded as it is, entered on another day."""
        own = command_id(row.NAME, row.row)
        came_to = (await self._log.recall([own])).get(own)
        entered = self._log.read(came_to[0]).envelope.source_recorded_at if came_to else None
        if entered is None:
            return False
        day = entered.astimezone(self._clerk.registers.zone).date()
        as_entered = row.model_copy(update={"entered_on": day})
        try:
            return not await self.record(place, as_entered)
        except (CommandIdReusedError, NothingNewError, Refused):
            return False

    async def look_alikes(self, row: Row, *, is_new: bool) -> list[Wrong]:
        """Return what else says what a row says that was recorded, or was there."""
        said = self._contents.look_at(row)
        if not is_new or not self._contents.may_be_in_the_log(row):
            return said
        own = command_id(row.NAME, row.row)
        came_to = (await self._log.recall([own]))[own]
        return [*said, *self._contents.in_the_log(row, self._log.read(came_to[0], unopened=False))]

    async def record(self, place: Place, row: Row, accepted: Sequence[str] = ()) -> bool:
        """Record a row whole or not at all; return whether anything of it was new.

        `accepted` is what was asked about it and accepted by name.
        """
        steps = await self._desk.steps(row.steps)
        from_row = SourceRow(
            sheet=row.NAME,
            row=row.row,
            file_sha256=self._clerk.digests[place.sheet.path],
            mapping_sha256=self._clerk.mapping_sha256,
            accepted=tuple(dict.fromkeys(accepted)),
        )
        if len(steps) == 1:
            return await self._send(self._log, self._requests(row, steps, from_row), self._earlier)
        trial = self._log.trial()
        earlier = await trial.recall([command_id(row.NAME, row.row, step.name) for step in steps])
        requests = _without_those_passed_over(self._requests(row, steps, from_row), earlier)
        if any(_id(request) not in earlier for request in requests):
            await self._send(trial, requests, earlier)
        return await self._send(self._log, requests, earlier)

    async def _send(self, log: Log, requests: Sequence[CommandRequest], earlier: Recollection) -> bool:
        outcomes: list[Outcome] = []
        for request in requests:
            came_to = earlier.get(_id(request))
            outcomes.append(
                await (log.handle(request) if came_to is None else log.answer_again(request, came_to))
            )
        if not outcomes[-1].events:
            raise NothingNewError
        return any(not outcome.repeated for outcome in outcomes)

    def _requests(self, row: Row, steps: Sequence[Step], from_row: SourceRow) -> list[CommandRequest]:
        return [
            CommandRequest(
                aggregate=step.aggregate,
                stream=step.stream,
                case_id=step.case_id,
                name=step.case_reference,
                command=step.command,
                provenance=self._provenance(row, step, from_row),
                fingerprint=fingerprint(steps[: number + 1], row.entered_on),
            )
            for number, step in enumerate(steps)
        ]

    def _provenance(self, row: Row, step: Step, from_row: SourceRow) -> Provenance:
        return Provenance(
            by=self._clerk.by,
            command_id=command_id(row.NAME, row.row, step.name),
            occurred_at=step.occurred_at,
            purpose=PURPOSE,
            on_behalf_of=step.on_behalf_of,
            correlation_id=conversation_id(row.NAME, row.row),
            source_system=SOURCE,
            source_recorded_at=datetime.combine(row.entered_on, END_OF_DAY, self._clerk.registers.zone),
            source_row=from_row,
        )


def _id(request: CommandRequest) -> CommandId:
    return request.provenance.command_id


def _without_those_passed_over(
    requests: Sequence[CommandRequest], earlier: Recollection
) -> list[CommandRequest]:
    """Leave out steps that decided nothing new when a later one was recorded: by now they might."""
    known = [_id(request) in earlier for request in requests]
    return [request for n, request in enumerate(requests) if known[n] or not any(known[n:])]


def _several(days: Iterable[Day]) -> Iterator[list[Day]]:
    """Yield days together that have some rows to look up at once."""
    several: list[Day] = []
    for day in days:
        several.append(day)
        if sum(map(len, several)) >= AT_ONCE:
            yield several
            several = []
    if several:
        yield several


def _problem(place: Place, wrong: Wrong) -> RowProblem:
    wrong = place.sheet.in_their_words(wrong)
    return RowProblem(
        sheet=place.sheet.file,
        line=place.line.number,
        row=place.row_id,
        column=wrong.column,
        code=wrong.code,
        message=wrong.message,
        fix=wrong.fix,
        suggestion=wrong.suggestion,
    )


def _by_a_rule(refusal: Refused) -> Wrong:
    return Wrong(refusal.rule, "a rule of the programme refuses it", in_words_of_sheets(refusal.remedy))


_BEYOND_THE_COLUMNS = Wrong(
    "beyond-the-columns",
    "has a cell beyond the last named column",
    "put a text that contains the separator in quotation marks, or clear the cell",
)
_IMPORTED_OTHERWISE = Wrong(
    "imported-with-other-content",
    "a row of this id was imported before and said something else",
    "put it back as it was, and add a correction row with an id of its own that names it in `corrects`",
    "row",
)
_ENTERED_OTHERWISE = Wrong(
    "entered-on-changed",
    "was recorded as it is, entered on another day, and that day stays",
    "put the day back as it was: when it became known to us cannot be changed afterwards",
    "entered_on",
)
_NOTHING_NEW = Wrong(
    "says-nothing-new",
    "what the row says is so already",
    "if a row before it was rejected, correct that one and import both; otherwise remove this one",
)
_BUSY = Wrong("busy", "the case was changed by others at every attempt", "import the row again")


def _twice(file: str, first_file: str, first: int) -> Wrong:
    where = f"line {first}" if first_file == file else f"line {first} of {first_file}"
    return Wrong("row-twice", f"is the same as {where} and was recorded once", "remove one of the two", "row")
