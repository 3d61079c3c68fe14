"""An import: read every sheet, put the rows in the order in which they were learned, record each once.

Rows of one day that were entered on one day have no order that anybody wrote down. They are taken as the
programme usually goes, and one that a rule refuses is asked again after the others of its day.

A crash leaves the rows recorded so far, and at most one row half recorded. Every command has an id that
follows from its row, so the same import run again completes what is missing and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from scp_events.event_log import (
    BlockingCommandHandler,
    BusyError,
    CommandIdReusedError,
    CommandRequest,
    LogReader,
)
from scp_events.importing.cells import ROW_ID, Registers, complaints
from scp_events.importing.desk import Desk, Step, command_id, conversation_id, fingerprint
from scp_events.importing.lines import Line
from scp_events.importing.reading import Sheet, read_directory
from scp_events.importing.registers import REGISTERS, read_registers
from scp_events.importing.rehearsal import Live, Log, Rehearsal
from scp_events.importing.rejected import write_rejected
from scp_events.importing.remedies import in_words_of_sheets
from scp_events.importing.report import (
    ImportReport,
    NothingNewError,
    Progress,
    RowProblem,
    Wrong,
    WrongCellError,
)
from scp_events.importing.sheets import COLUMNS, DAYS, SHEETS, Row
from scp_events.vocabulary import Actor, Provenance, Refused

PURPOSE = "import"
SOURCE = "spreadsheet"
END_OF_DAY = time(23, 59, 59)
"""When a row counts as entered: by the end of its day, so nothing is claimed known before it was."""

OnRow = Callable[[Progress], None]


def import_directory(  # noqa: PLR0913 - each says one thing about the import, by name
    reader: LogReader,
    handler: BlockingCommandHandler | None,
    directory: Path,
    *,
    by: Actor,
    rejected_to: Path,
    on_row: OnRow | None = None,
    now: datetime,
) -> ImportReport:
    """Record every row of the sheets in `directory`; return what became of each.

    Without a `handler` it is a dry run: every row is decided on the log as it stands and the rows before it,
    and nothing is recorded or written. `by` is the person who runs the import; it must be a human, because
    rows hold decisions. Rejected rows are written to `rejected_to`, or a numbered neighbour where that is
    taken. `now` is the last moment a row may name. Raises `SheetsRefusedError`, before anything is recorded,
    where a file cannot be read as a whole.
    """
    sheets = read_directory(directory, COLUMNS, DAYS)
    registers = read_registers(sheets, reader.calendar, reader.calendar.day_of(now))
    report = ImportReport(dry_run=handler is None)
    with Rehearsal(reader) as rehearsal:
        log = rehearsal if handler is None else Live(reader, handler)
        clerk = _Clerk(by, log, rehearsal, report)
        clerk.work_through(sheets, registers, on_row or _nobody_watches)
    _in_the_order_of_the_sheets(report, sheets)
    if handler is not None:
        names = [register.NAME for register in REGISTERS]
        report.rejected_files = write_rejected(reader.conninfo, rejected_to, sheets, names, report.problems)
    return report


def _nobody_watches(_progress: Progress) -> None:
    """Be shown the progress and do nothing."""


def _in_the_order_of_the_sheets(report: ImportReport, sheets: Mapping[str, Sheet]) -> None:
    place = {sheet.file: number for number, sheet in enumerate(_sheets(sheets))}
    for problems in (report.problems, report.remarks):
        problems.sort(key=lambda problem: (place[problem.sheet], problem.line))


def _sheets(sheets: Mapping[str, Sheet]) -> list[Sheet]:
    return [sheets[model.NAME] for model in SHEETS if model.NAME in sheets]


@dataclass(frozen=True)
class _Place:
    """Where a row stands."""

    sheet: Sheet
    order: int
    line: Line

    @property
    def row_id(self) -> str | None:
        """The row's id, where it has a readable one."""
        said = self.line.cells.get("row", "")
        return said if ROW_ID.fullmatch(said) else None


class _Clerk:
    """Works through rows one by one, and notes what became of each."""

    def __init__(self, by: Actor, log: Log, rehearsal: Rehearsal, report: ImportReport) -> None:
        self._by = by
        self._log = log
        self._rehearsal = rehearsal
        self._report = report
        self._desk = Desk(log)
        self._seen: dict[tuple[str, str], int] = {}

    def work_through(self, sheets: Mapping[str, Sheet], registers: Registers, on_row: OnRow) -> None:
        """Deal with every row: first those that cannot be read, then the others as they were learned."""
        places = [
            _Place(sheets[model.NAME], order, line)
            for order, model in enumerate(SHEETS)
            if model.NAME in sheets
            for line in sheets[model.NAME].lines
        ]
        self._report.read = len(places)
        rows = [(place, row) for place in places if (row := self._read(place, registers))]
        rows.sort(key=lambda each: _learned(*each))
        done = len(places) - len(rows)
        for _, of_one_day in groupby(rows, key=lambda each: _day(each[1])):
            for place in self._record_as_rules_allow(list(of_one_day)):
                done += 1
                on_row(Progress(done, len(places), place.sheet.file))

    def _record_as_rules_allow(self, rows: list[tuple[_Place, Row]]) -> Iterator[_Place]:
        """Record the rows of one day, asking those that a rule refuses again after the others.

        Yields the place of each that is dealt with.
        """
        while rows:
            refused: list[tuple[_Place, Row, Refused]] = []
            for place, row in rows:
                refusal = self._deal_with(place, row)
                if refusal is None:
                    yield place
                else:
                    refused.append((place, row, refusal))
            if len(refused) == len(rows):
                for place, _, refusal in refused:
                    self._reject(place, [_by_a_rule(refusal)])
                    yield place
                return
            rows = [(place, row) for place, row, _ in refused]

    def _read(self, place: _Place, registers: Registers) -> Row | None:
        if place.line.unnamed:
            self._reject(place, [_BEYOND_THE_COLUMNS])
            return None
        try:
            return SHEETS[place.order].model_validate(dict(place.line.cells), context=registers)
        except ValidationError as error:
            self._reject(place, complaints(error))
            return None

    def _deal_with(self, place: _Place, row: Row) -> Refused | None:
        """Record a row or reject it; return the refusal of a rule, which may allow it later."""
        try:
            is_new = self._record(row)
        except Refused as refusal:
            return refusal
        except WrongCellError as error:
            self._reject(place, [error.wrong])
        except ValidationError as error:
            self._reject(place, complaints(error))
        except CommandIdReusedError:
            self._reject(place, [_IMPORTED_OTHERWISE])
        except NothingNewError:
            self._reject(place, [_NOTHING_NEW])
        except BusyError:
            self._reject(place, [_BUSY])
        else:
            self._count(place, row, is_new=is_new)
        return None

    def _record(self, row: Row) -> bool:
        """Record a row whole or not at all; return whether anything of it was new."""
        steps = row.steps(self._desk)
        if len(steps) > 1:
            with self._rehearsal.trial():
                self._send(self._rehearsal, row, steps)
        return self._send(self._log, row, steps)

    def _send(self, log: Log, row: Row, steps: Sequence[Step]) -> bool:
        outcomes = [
            log.handle(self._request(row, step, steps))
            for step in _without_those_passed_over(log, row, steps)
        ]
        if not outcomes[-1].events:
            raise NothingNewError
        return any(not outcome.repeated for outcome in outcomes)

    def _request(self, row: Row, step: Step, steps: Sequence[Step]) -> CommandRequest:
        return CommandRequest(
            aggregate=step.aggregate,
            stream=step.stream,
            case_id=step.case_id,
            case_reference=step.case_reference,
            command=step.command,
            provenance=self._provenance(row, step),
            fingerprint=fingerprint(steps[: steps.index(step) + 1]),
        )

    def _provenance(self, row: Row, step: Step) -> Provenance:
        return Provenance(
            by=self._by,
            command_id=command_id(row.NAME, row.row, step.name),
            occurred_at=step.occurred_at,
            purpose=PURPOSE,
            on_behalf_of=step.on_behalf_of,
            correlation_id=conversation_id(row.NAME, row.row),
            source_system=SOURCE,
            source_recorded_at=datetime.combine(row.entered_on, END_OF_DAY, row.zone),
        )

    # --- what became of a row -----------------------------------------------------------------------------

    def _count(self, place: _Place, row: Row, *, is_new: bool) -> None:
        if is_new:
            self._report.recorded += 1
        else:
            self._report.already_there += 1
        first = self._seen.setdefault((row.NAME, row.row), place.line.number)
        if first != place.line.number:
            self._report.remarks.append(_problem(place, _twice(first)))

    def _reject(self, place: _Place, wrongs: list[Wrong]) -> None:
        self._report.rejected += 1
        self._report.problems += [_problem(place, wrong) for wrong in wrongs]


def _without_those_passed_over(log: Log, row: Row, steps: Sequence[Step]) -> list[Step]:
    """Leave out steps that decided nothing new when a later one was recorded: by now they might."""
    if len(steps) == 1:
        return [*steps]
    known = [bool(log.events_of_command(command_id(row.NAME, row.row, step.name))) for step in steps]
    return [step for n, step in enumerate(steps) if known[n] or not any(known[n:])]


def _learned(place: _Place, row: Row) -> tuple[date, date, bool, int, float, int]:
    """Rows are recorded in the order in which the organisation learned things, and within a day as things go.

    A time of day orders the rows of a sheet; what ends something comes last.
    """
    at = row.occurred_at
    time_of_day = at.timestamp() if isinstance(at, datetime) else 0.0
    return (*_day(row), row.ends_something, place.order, time_of_day, place.line.number)


def _day(row: Row) -> tuple[date, date]:
    return row.entered_on, row.happened_on


def _problem(place: _Place, wrong: Wrong) -> RowProblem:
    return RowProblem(
        sheet=place.sheet.file,
        line=place.line.number,
        row=place.row_id,
        column=wrong.column,
        code=wrong.code,
        message=wrong.message,
        fix=wrong.fix,
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
_NOTHING_NEW = Wrong(
    "says-nothing-new",
    "what the row says is so already",
    "if a row before it was rejected, correct that one and import both; otherwise remove this one",
)
_BUSY = Wrong("busy", "the case was changed by others at every attempt", "import the row again")


def _twice(first: int) -> Wrong:
    return Wrong(
        "row-twice", f"is the same as line {first} and was recorded once", "remove one of the two", "row"
    )
