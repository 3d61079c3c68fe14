"""`python -m scp_api.imports PLACE`: imports what was uploaded there. Only the service starts it."""

from __future__ import annotations

from scp_events.runtime import beginning, ending

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scp_api.failures import problem_of
from scp_api.imports.kept import Place
from scp_api.imports.telling import Telling
from scp_api.imports.words import Asked, Counts, OutcomeTold, State
from scp_api.settings import Settings
from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.importing import (
    DayOrder,
    ImportBrokenOffError,
    ImportReport,
    SheetsRefusedError,
    import_directory,
)
from scp_events.importing.report_files import FORMS, write_reports
from scp_events.importing.time_zones import time_zone_named
from scp_events.ledger.log import startup
from scp_events.runtime.opening import opened_log
from scp_events.runtime.service_log import configure, logger, raised_at


def main() -> int:
    """Import, and return the exit code."""
    configure()
    place = Place(Path(sys.argv[1]))
    asked = place.asked
    telling = Telling(place.told_file, is_dry_run=asked.options.dry_run)
    with ending.at_last(telling.cut_short):
        try:
            outcome = _outcome(place, asked, telling)
        except Exception as error:  # noqa: BLE001 - whoever waits for it is told, whatever it was
            outcome = _failed(error, place)
        try:
            telling.outcome(outcome)
        except OSError as error:  # a full disk: whoever asks is told that it was cut short, and what is in
            logger.error("failed", step="import", error=type(error).__name__, raised_at=raised_at(error))
            return 1
    return 0


def _failed(error: Exception, place: Place) -> OutcomeTold:
    logger.info("problem", step="import", error=type(error).__name__, raised_at=raised_at(error))
    problem = problem_of(error).document
    return OutcomeTold(
        state=State.FAILED,
        said=f"it could not go on: {problem.detail}",
        has_report=_has_report(place),
        problem=problem,
    )


def _has_report(place: Place) -> bool:
    return all(place.report(ending).exists() for ending in FORMS)


def _outcome(place: Place, asked: Asked, telling: Telling) -> OutcomeTold:
    """Import, keep the report, and return what there is to tell."""
    settings = Settings()
    with opened_log(settings, pool_size=2, make=False) as log, _handler(log, settings, asked) as handler:
        try:
            report = _imported(log, handler, place, asked, telling)
            state = State.FINISHED
        except SheetsRefusedError as refusal:
            report = ImportReport(dry_run=asked.options.dry_run, refused=refusal.problems)
            state = State.REFUSED
        except ImportBrokenOffError as broken:
            _keep(broken.report, place)
            return _failed(broken.cause, place)
    _keep(report, place)
    return _told(report, state, place)


@contextmanager
def _handler(log: LogReader, settings: Settings, asked: Asked) -> Iterator[BlockingCommandHandler | None]:
    """Yield what appends, once the log's anchors say that it is the newest; nothing in a dry run."""
    if asked.options.dry_run:
        yield None
        return
    startup.compare(log.conninfo, settings).must_allow_appending()
    with BlockingCommandHandler(CommandHandler(log.conninfo, log.keyring)) as handler:
        yield handler


def _imported(
    log: LogReader, handler: BlockingCommandHandler | None, place: Place, asked: Asked, telling: Telling
) -> ImportReport:
    options = asked.options
    return import_directory(
        log,
        handler,
        place.sheets,
        by=asked.by,
        rejected_to=place.rejected,
        accepted=options.accept,
        on_row=telling.row,
        on_waiting=telling.waiting,
        now=datetime.now(UTC),
        dates=DayOrder(options.dates) if options.dates else None,
        time_zone=time_zone_named(options.time_zone) if options.time_zone else None,
    )


def _keep(report: ImportReport, place: Place) -> None:
    """Write the report in every form, without places of this machine; the sheets make room for it first."""
    shutil.rmtree(place.sheets, ignore_errors=True)
    report.rejected_files = [Path(path.name) for path in report.rejected_files]
    report.not_written = [replace(each, path=Path(each.path.name)) for each in report.not_written]
    write_reports(report, [place.report(ending) for ending in FORMS])
    report.not_written = [replace(each, path=Path(each.path.name)) for each in report.not_written]


def _told(report: ImportReport, state: State, place: Place) -> OutcomeTold:
    files = len({each.file for each in report.refused})
    refused = f"nothing was read: {files} of the files cannot be read as a whole, and the report says why"
    finished = state is State.FINISHED
    return OutcomeTold(
        state=state,
        said=report.outcome if finished else refused,
        counts=_counts(report) if finished else None,
        has_report=_has_report(place),
        rejected_files=tuple(path.name for path in report.rejected_files),
        not_written=tuple(str(each) for each in report.not_written),
    )


def _counts(report: ImportReport) -> Counts:
    return Counts(
        read=report.read,
        recorded=report.recorded,
        already_there=report.already_there,
        rejected=report.rejected,
    )


if __name__ == "__main__":
    sys.exit(main())
