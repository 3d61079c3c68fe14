"""An import: read every sheet, put the rows in the order in which they were learned, record each once.

A crash leaves the rows recorded so far, and at most one row half recorded. Every command has an id that
follows from its row, so the same import run again completes what is missing and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import ValidationError

from scp_cli.importing.cells import ROW_ID, Registers, complaints
from scp_cli.importing.desk import Desk, Step, command_id, conversation_id, fingerprint
from scp_cli.importing.reading import Line, Sheet, read_directory
from scp_cli.importing.registers import REGISTERS, read_registers
from scp_cli.importing.rehearsal import Rehearsal
from scp_cli.importing.rejected import write_rejected
from scp_cli.importing.report import (
    ImportReport,
    NothingNewError,
    Progress,
    RowProblem,
    Wrong,
    WrongCellError,
)
from scp_cli.importing.sheets import COLUMNS, SHEETS, Row
from scp_events import casework
from scp_events.event_log import BusyError, CommandIdReusedError, EventLog
from scp_events.vocabulary import Actor, Provenance, Refused

PURPOSE = "import"
SOURCE = "spreadsheet"
END_OF_DAY = time(23, 59, 59)
"""When a row counts as entered: by the end of its day, UTC, so nothing is claimed known before it was."""

OnRow = Callable[[Progress], None]


def import_directory(  # noqa: PLR0913 - each says one thing about the import, by name
    log: EventLog,
    directory: Path,
    *,
    by: Actor,
    rejected_to: Path,
    dry_run: bool = False,
    on_row: OnRow | None = None,
    today: date | None = None,
) -> ImportReport:
    """Record every row of the sheets in `directory`; return what became of each.

    `by` is the person who runs the import; it must be a human, because rows hold decisions. Rejected rows are
    written to `rejected_to`, or a numbered neighbour where that is taken. A dry run decides every row on the
    log as it stands and those before it, and records and writes nothing. `today` is the last day a row may
    name; by default this machine's. Raises `SheetsRefusedError`, before anything is recorded, where a file
    cannot be read as a whole.
    """
    sheets = read_directory(directory, COLUMNS)
    registers = read_registers(sheets, today or datetime.now().astimezone().date())
    report = ImportReport(dry_run=dry_run)
    with Rehearsal(log) as rehearsal:
        clerk = _Clerk(by, rehearsal if dry_run else log, rehearsal, report)
        clerk.work_through(sheets, registers, on_row or _nobody_watches)
    _in_the_order_of_the_sheets(report, sheets)
    if not dry_run:
        names = [register.NAME for register in REGISTERS]
        report.rejected_files = write_rejected(rejected_to, sheets, names, report.problems)
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

    def __init__(self, by: Actor, log: EventLog, rehearsal: Rehearsal, report: ImportReport) -> None:
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
        for done, (place, row) in enumerate(rows, start=done + 1):  # noqa: B020 - goes on counting
            self._deal_with(place, row)
            on_row(Progress(done, len(places), place.sheet.file))

    def _read(self, place: _Place, registers: Registers) -> Row | None:
        if place.line.unnamed:
            self._reject(place, [_BEYOND_THE_COLUMNS])
            return None
        try:
            return SHEETS[place.order].model_validate(dict(place.line.cells), context=registers)
        except ValidationError as error:
            self._reject(place, complaints(error))
            return None

    def _deal_with(self, place: _Place, row: Row) -> None:
        try:
            is_new = self._record(row)
        except WrongCellError as error:
            self._reject(place, [error.wrong])
        except ValidationError as error:
            self._reject(place, complaints(error))
        except Refused as refusal:
            self._reject(place, [Wrong(refusal.rule, "a rule of the programme refuses it", refusal.remedy)])
        except CommandIdReusedError:
            self._reject(place, [_IMPORTED_OTHERWISE])
        except NothingNewError:
            self._reject(place, [_NOTHING_NEW])
        except BusyError:
            self._reject(place, [_BUSY])
        else:
            self._count(place, row, is_new=is_new)

    def _record(self, row: Row) -> bool:
        """Record a row whole or not at all; return whether anything of it was new."""
        steps = row.steps(self._desk)
        if len(steps) > 1:
            with self._rehearsal.trial():
                self._send(self._rehearsal, row, steps)
        return self._send(self._log, row, steps)

    def _send(self, log: EventLog, row: Row, steps: Sequence[Step]) -> bool:
        outcomes = [
            casework.handle(
                log,
                step.aggregate,
                step.stream_id,
                step.command,
                self._provenance(row, step),
                case_id=step.case_id,
                fingerprint=fingerprint(steps[: steps.index(step) + 1]),
            )
            for step in _without_those_passed_over(log, row, steps)
        ]
        if not outcomes[-1].events:
            raise NothingNewError
        return any(not outcome.repeated for outcome in outcomes)

    def _provenance(self, row: Row, step: Step) -> Provenance:
        return Provenance(
            by=self._by,
            command_id=command_id(row.NAME, row.row, step.name),
            occurred_at=step.occurred_at,
            purpose=PURPOSE,
            on_behalf_of=step.on_behalf_of,
            correlation_id=conversation_id(row.NAME, row.row),
            source_system=SOURCE,
            source_recorded_at=datetime.combine(row.entered_on, END_OF_DAY, UTC),
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


def _without_those_passed_over(log: EventLog, row: Row, steps: Sequence[Step]) -> list[Step]:
    """Leave out steps that decided nothing new when a later one was recorded: by now they might."""
    if len(steps) == 1:
        return [*steps]
    known = [bool(log.events_of_command(command_id(row.NAME, row.row, step.name))) for step in steps]
    return [step for n, step in enumerate(steps) if known[n] or not any(known[n:])]


def _learned(place: _Place, row: Row) -> tuple[date, datetime, int, int]:
    """Rows are recorded in the order in which the organisation learned things."""
    return row.entered_on, row.occurred_at, place.order, place.line.number


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
