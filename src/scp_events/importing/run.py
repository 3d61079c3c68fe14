"""An import: read every sheet, and record each row once, several cases at the same time.

A crash leaves the rows recorded so far, and of each case at work at most one row half recorded. Every command
has an id that follows from its row, so the same import run again completes what is missing and changes
nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from datetime import datetime, tzinfo
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from scp_events.event_log import (
    BlockingCommandHandler,
    CommandHandler,
    LogReader,
    LogUnreachableError,
    LogUnwritableError,
    UnsafeServerError,
)
from scp_events.importing.case_form import AS_HERE
from scp_events.importing.clerk import Clerk, OnRow
from scp_events.importing.collecting import collected_seldom
from scp_events.importing.known import Before
from scp_events.importing.mapping import mapped_folder
from scp_events.importing.order import Waiting
from scp_events.importing.questions import must_be_questions
from scp_events.importing.reading import DayOrder, Sheet, read_directory
from scp_events.importing.registers import REGISTERS, read_registers
from scp_events.importing.rejected import write_rejected
from scp_events.importing.report import ImportBrokenOffError, ImportReport, not_written
from scp_events.importing.sheets import COLUMNS, DAYS, SHEETS
from scp_events.importing.turns import PATIENCE_SECONDS, alone
from scp_events.privacy import KeyServiceDownError
from scp_events.vocabulary import Actor

AT_THE_SAME_TIME = 64
"""Cases that are worked on: enough for their rows to share commits, few enough to leave room for others."""

FAILURES = (LogUnreachableError, LogUnwritableError, UnsafeServerError, KeyServiceDownError, psycopg.Error)
"""What ends an import in the middle, through no fault of its rows."""

T = TypeVar("T")


def import_directory(  # noqa: PLR0913 - each says one thing about the import, by name
    reader: LogReader,
    handler: BlockingCommandHandler | None,
    directory: Path,
    *,
    by: Actor,
    rejected_to: Path,
    accepted: Collection[str] = (),
    on_row: OnRow | None = None,
    on_waiting: Callable[[str], None] | None = None,
    patience: float = PATIENCE_SECONDS,
    now: datetime,
    dates: DayOrder | None = None,
    time_zone: tzinfo | None = None,
    mapping: Path | None = None,
) -> ImportReport:
    """Record every row of the sheets in `directory`; return what became of each.

    Without a `handler` it is a dry run: every row is decided on the log as it stands and the rows of its case
    before it, and nothing is recorded or written. `by` is the person who runs the import; it must be a
    human, because rows hold decisions. Rejected rows are written to `rejected_to`, or a numbered neighbour
    where that is taken; where they cannot be written, the report says so. `accepted` names the questions
    whose rows are to be taken. `now` is the last moment a row may name. `dates` is the order of days in
    columns that do not show it; `time_zone` is where the times in the sheets were noted, if not where the
    organisation is. `mapping` says how sheets are kept that are not kept as ours; a `mapping.toml` in the
    directory is one.
    Another import into this log is waited for, up to `patience` seconds, of which `on_waiting` is told.

    Raises `SheetsRefusedError`, before anything is recorded, where a file cannot be read as a whole;
    `ImportBrokenOffError`, with the report so far, where the database fails in the middle; and
    `UnknownQuestionError` and `ImportUnderWayError`.
    """
    must_be_questions(accepted)
    mapped = mapped_folder(directory, mapping)
    folder = read_directory(directory, COLUMNS, DAYS, dates, mapped)
    sheets = folder.sheets
    cases = mapped.mapping.case_form if mapped else AS_HERE
    registers = read_registers(sheets, reader.calendar, reader.calendar.day_of(now), time_zone, cases)
    report = ImportReport(dry_run=handler is None, accepted=tuple(sorted(accepted)), noticed=folder.noticed)
    digests = {path: _digest(path) for path in {sheet.path for sheet in sheets.values()}}
    clerk = Clerk(
        by,
        registers,
        Waiting(sheets),
        report,
        on_row or _nobody_watches,
        digests,
        _digest(mapped.path) if mapped else None,
        Before(reader),
    )
    with collected_seldom():
        clerk.read_all()
        try:
            _work_through(clerk, reader, handler, patience, on_waiting or _nobody_watches)
        except FAILURES as failure:
            raise ImportBrokenOffError(report, failure) from failure
        finally:
            _in_the_order_of_the_sheets(report, sheets)
    if handler is not None:
        _write_rejected(reader.conninfo, rejected_to, sheets, report)
    return report


def _work_through(
    clerk: Clerk,
    reader: LogReader,
    handler: BlockingCommandHandler | None,
    patience: float,
    on_waiting: Callable[[str], None],
) -> None:
    """Record every row, or without a handler try it out."""
    if handler is None:
        with BlockingCommandHandler(CommandHandler(reader.conninfo, reader.keyring)) as trying:
            trying.run(lambda log: _try_out(clerk, log))
    else:
        with alone(reader.conninfo, patience, on_waiting):
            handler.run(lambda log: _record(clerk, log))


def _write_rejected(
    conninfo: str, rejected_to: Path, sheets: Mapping[str, Sheet], report: ImportReport
) -> None:
    """Write the rejected rows; where that fails, the report is all the more needed, and says so."""
    registers = [register.NAME for register in REGISTERS]
    try:
        report.rejected_files = write_rejected(conninfo, rejected_to, sheets, registers, report.problems)
    except (OSError, psycopg.Error) as error:
        report.not_written.append(not_written("the rejected rows", rejected_to, error))


async def _record(clerk: Clerk, log: CommandHandler) -> None:
    for sheet in clerk.waiting.of_no_case():
        await _side_by_side(sheet, lambda named: clerk.work_through(log, named))
    await _side_by_side(clerk.waiting.cases(), lambda case: clerk.work_through(log, case))


async def _try_out(clerk: Clerk, log: CommandHandler) -> None:
    """Each case is tried by itself, on what belongs to no case, and then forgotten."""
    if of_no_case := clerk.waiting.of_no_case():
        log = log.trial()
        for named in chain.from_iterable(of_no_case):
            await clerk.work_through(log, named)
    await _side_by_side(clerk.waiting.cases(), lambda case: clerk.work_through(log.trial(), case))


async def _side_by_side(what: Iterable[T], work: Callable[[T], Coroutine[Any, Any, None]]) -> None:
    """Do some of this at the same time, until all is done or one of them fails."""
    waiting = iter(what)

    async def one_after_the_other() -> None:
        for each in waiting:
            await work(each)

    workers = [asyncio.create_task(one_after_the_other()) for _ in range(AT_THE_SAME_TIME)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _nobody_watches(_told: object) -> None:
    """Be told how it goes and do nothing."""


def _in_the_order_of_the_sheets(report: ImportReport, sheets: Mapping[str, Sheet]) -> None:
    files = [sheet.file for model in SHEETS for sheet in sheets.values() if sheet.name == model.NAME]
    place = {file: number for number, file in enumerate(files)}
    for problems in (report.problems, report.remarks):
        problems.sort(key=lambda problem: (place[problem.sheet], problem.line))
