"""Rejected rows, written so that they can be corrected and imported: same files, same columns.

Two columns stand in front, `why` and `fix`, which the next import ignores. The registers are copied beside,
so that the directory can be imported as it is. Nothing that is there already is overwritten: somebody may be
in the middle of correcting it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from scp_events.importing.cells import CASE
from scp_events.importing.lines import Value
from scp_events.importing.reading import REMARK_COLUMNS, Sheet
from scp_events.importing.report import RowProblem
from scp_events.importing.workbook_to_write import new_workbook
from scp_events.privacy.copies import NO_CASE, CopyKind, write_copy


def write_rejected(
    conninfo: str,
    directory: Path,
    sheets: Mapping[str, Sheet],
    registers: Collection[str],
    problems: Sequence[RowProblem],
) -> list[Path]:
    """Write the rows that have problems, and return the files. No rows, no files.

    Rows of a mapped sheet are not written: their ids may follow from what they say, so they are corrected
    where they stand, and imported again from there.

    They go to `directory`, or where that holds something else already, to the same name with a number. An
    erasure names them from then on.
    """
    mapped = {sheet.file for sheet in sheets.values() if sheet.called}
    problems = [problem for problem in problems if problem.sheet not in mapped]
    if not problems:
        return []
    files = {
        sheet.own_file: _rendered(sheet, None if name in registers else problems)
        for name, sheet in sheets.items()
        if name in registers or any(problem.sheet == sheet.file for problem in problems)
    }
    target = next(place for place in _places(directory) if _is_free_for(place, files))
    whose = {name: _cases_in(name, sheets, problems) for name in files}
    _write_all(conninfo, target, files, whose)
    return [target / name for name in sorted(files)]


def _write_all(
    conninfo: str, target: Path, files: Mapping[str, bytes], whose: Mapping[str, Collection[str]]
) -> None:
    """Write every file, or none: a directory that lacks one could not be imported."""
    made = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    new: list[Path] = []
    try:
        for name, content in files.items():
            was_there = (target / name).exists()
            write_copy(conninfo, CopyKind.REJECTED_ROWS, target / name, content, whose[name])
            if not was_there:
                new.append(target / name)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        if made:
            target.rmdir()
        raise


def _cases_in(file: str, sheets: Mapping[str, Sheet], problems: Sequence[RowProblem]) -> set[str]:
    """Return whose rows are written to a file, as the rows have it."""
    cases = [
        line.cells.get("case", "")
        for sheet in sheets.values()
        if sheet.own_file == file
        for wrong in [{problem.line for problem in problems if problem.sheet == sheet.file}]
        for line in sheet.lines
        if line.number in wrong
    ]
    return {case if CASE.fullmatch(case) else NO_CASE for case in cases}


def _places(directory: Path) -> Iterable[Path]:
    yield directory
    for number in range(2, 10_000):
        yield directory.with_name(f"{directory.name}-{number}")


def _is_free_for(place: Path, files: Mapping[str, bytes]) -> bool:
    """Whether nothing is there, or nothing but these very files: an import that was run again."""
    if not place.exists():
        return True
    there = {path.name: path for path in place.iterdir()}
    return all(name in files and path.read_bytes() == files[name] for name, path in there.items())


def _rendered(sheet: Sheet, problems: Sequence[RowProblem] | None) -> bytes:
    """Return a file with the rows that have problems; without any list of them with all rows."""
    render = _workbook if sheet.is_workbook else _csv
    if problems is None:
        return render([sheet.header, *(line.values for line in sheet.lines)], sheet.delimiter)
    wrong: dict[int, list[RowProblem]] = {}
    for problem in problems:
        if problem.sheet == sheet.file:
            wrong.setdefault(problem.line, []).append(problem)
    header: list[Value] = [*REMARK_COLUMNS, *sheet.header]
    rows = [[*_remarks(wrong[line.number]), *line.values] for line in sheet.lines if line.number in wrong]
    return render([header, *rows], sheet.delimiter)


def _remarks(problems: Sequence[RowProblem]) -> list[Value]:
    why = "; ".join(f"{p.column or 'row'}: {p.message} ({p.code})" for p in problems)
    return [why, "; ".join(p.what_to_do for p in problems)]


def _csv(rows: Iterable[Sequence[Value]], delimiter: str) -> bytes:
    """Return the rows as Excel reads them in every country: UTF-8 with the mark that says so."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode("utf-8-sig")


def _workbook(rows: Iterable[Sequence[Value]], _delimiter: str) -> bytes:
    written = io.BytesIO()
    workbook = new_workbook(written)
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    hour = workbook.add_format({"num_format": "hh:mm"})
    page = workbook.add_worksheet()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            match value:
                case datetime() if value.time() != time(0):
                    page.write_datetime(number, column, value, moment)
                case date():
                    page.write_datetime(number, column, value, day)
                case time() | timedelta():
                    page.write_datetime(number, column, value, hour)
                case bool():
                    page.write_boolean(number, column, value)
                case int() | float():
                    page.write_number(number, column, value)
                case str() if value:
                    page.write_string(number, column, value)
    workbook.close()
    return written.getvalue()
