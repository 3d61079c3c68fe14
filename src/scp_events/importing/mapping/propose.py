"""Which of their sheets and columns may be which of ours: from names, and from what the cells look like.

Only plain means: a table of what others call things, and whether cells are days, times or a few known words.
Every proposal says why. What is not sure is left open, and nothing that somebody wrote freely is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path

from scp_events.importing.column_kinds import KINDS, Kind
from scp_events.importing.lines import as_typed
from scp_events.importing.mapping.asking import ask_for_what_is_missing, propose_words
from scp_events.importing.mapping.content import TheirColumn, date_order, their_columns
from scp_events.importing.mapping.document import FILE, OPEN
from scp_events.importing.mapping.draft import Draft, DraftRow, DraftSheet, Said
from scp_events.importing.mapping.matching import Matches, is_ours, matched, score, why_this_sheet
from scp_events.importing.mapping.proposed_cases import propose_cases
from scp_events.importing.mapping.proposed_ids import PREFIXES, agree_on_ids, propose_row, tell_numbers_apart
from scp_events.importing.mapping.synonyms import (
    EXACT,
    OF_ANY_SHEET,
    PARTLY,
    Also,
    also,
    column_likeness,
    name_parts,
    plain,
)
from scp_events.importing.reading import Table, tables_of
from scp_events.importing.reading.entries import entries
from scp_events.importing.report import FileProblem, SheetsRefusedError, UnreadableFileError

_HOW_SURE = {EXACT: "called so", OF_ANY_SHEET: "called so", PARTLY: "its name is near"}
_BY_CONTENT = "its cells are words of this column"
_SAME_DAY = "no column says when it was typed in: taken to be the same day"


def propose(directory: Path, organisation: str) -> Draft:
    """Return a mapping for the sheets in a directory. Raises `SheetsRefusedError`."""
    draft = Draft(organisation)
    problems: list[FileProblem] = []
    sheets: list[Table] = []
    for entry in entries(directory):
        if isinstance(entry, FileProblem):
            draft.not_read += [] if entry.file == FILE else [entry]
            continue
        try:
            sheets += [table for table in tables_of(entry, ()) if table.first() and not table.hidden]
        except UnreadableFileError as unreadable:
            problems += [FileProblem(entry.name, wrong) for wrong in unreadable.wrongs]
    if problems:
        raise SheetsRefusedError(problems)
    _propose(draft, sheets)
    return draft


def _propose(draft: Draft, sheets: Sequence[Table]) -> None:
    references: list[str] = []
    for _, of_one_file in groupby(sheets, key=lambda sheet: sheet.path):
        read = [(sheet, *their_columns(sheet.rows())) for sheet in of_one_file]
        if all(is_ours(sheet, columns) for sheet, _, columns in read):
            draft.as_ours.append(read[0][0].path.name)
            continue
        for sheet, line, columns in read:
            found = list(_entries(sheet, line, columns))
            draft.sheets += found
            references += _references(found, columns)
    agree_on_ids(draft)
    tell_numbers_apart(draft)
    propose_cases(draft, references)


def _references(entries: Iterable[DraftSheet], columns: Sequence[TheirColumn]) -> list[str]:
    headers = {
        header for entry in entries if "case" in entry.columns for header in entry.columns["case"].headers
    }
    return list(chain.from_iterable(column.said for column in columns if column.header in headers))


# --- which sheet ------------------------------------------------------------------------------------------


def _entries(sheet: Table, line: int, columns: list[TheirColumn]) -> Iterator[DraftSheet]:
    if not columns:
        why = "no line with the names of columns was found: give it one and map anew, or write nothing"
        yield DraftSheet(sheet.path.name, (sheet.name or None), Said(OPEN, why))
        return
    matches = {name: matched(name, columns) for name in KINDS}
    scores = {name: score(name, matches[name], sheet) for name in KINDS}
    best, *others = sorted(scores, key=scores.__getitem__, reverse=True)
    if scores[best] < EXACT:
        yield DraftSheet(sheet.path.name, sheet.name or None, Said(OPEN, "near nothing of ours: nothing?"))
        return
    if scores[best] > scores[others[0]]:
        says = Said(best, why_this_sheet(best, sheet, matches[best]))
    else:
        says = Said(OPEN, f"{best}, {others[0]}, or nothing?")
    first = _entry(sheet, best, says, matches[best])
    first.header_line = _worth_saying(line, sheet)
    if best == "people":
        _propose_whole_name(first, columns)
    found = [first, *(_also(sheet, columns, first) if best == "people" else ())]
    taken = {header for entry in found for said in entry.columns.values() for header in said.headers}
    taken |= {entry.row.column for entry in found if entry.row and entry.row.column}
    first.undecided = tuple(column.header for column in columns if column.header not in taken)
    yield from found


# --- one sheet --------------------------------------------------------------------------------------------


def _entry(sheet: Table, name: str, says: Said, matches: Matches) -> DraftSheet:
    entry = DraftSheet(sheet.path.name, sheet.name or None, says)
    theirs = {column: found for column, (found, _) in matches.items() if column != "row"}
    for column, (found, likeness) in matches.items():
        if column != "row":
            entry.columns[column] = Said(found.header, _HOW_SURE.get(likeness, _BY_CONTENT))
    _propose_time(entry, name, theirs)
    propose_words(entry, name, theirs)
    if name in PREFIXES:
        own = matches.get("row")
        propose_row(entry, name, theirs, own[0] if own else None)
    ask_for_what_is_missing(entry, name)
    return entry


def _worth_saying(line: int, sheet: Table) -> int | None:
    """Return the line of the names of columns, where it is not the first that says anything."""
    first = next(number for number, row in sheet.rows() if any(as_typed(value) for value in row))
    return line if line != first else None


def _propose_whole_name(entry: DraftSheet, columns: Sequence[TheirColumn]) -> None:
    """A name in two columns is one name here."""
    headers = [column.header for column in columns]
    parts = tuple(next((h for h in headers if plain(h) in called), "") for called in name_parts())
    if all(parts):
        entry.columns["name"] = Said(parts, "joined by a space")


def _propose_time(entry: DraftSheet, name: str, theirs: dict[str, TheirColumn]) -> None:
    filled = (said for ours, said in entry.columns.items() if KINDS[name][ours].kind is Kind.DAY)
    days = {header for said in filled for header in said.headers}
    order = date_order(column for column in theirs.values() if column.header in days)
    if order is not None:
        asks = order == OPEN
        entry.dates = Said(order, "dmy or mdy? all fit both, or none" if asks else "the only order that fits")
    happened = theirs.get("happened_on")
    if happened and happened.holds_moments and "time" not in theirs:
        entry.columns["time"] = Said(happened.header, "its days have times of day")
    if "entered_on" in KINDS[name] and "entered_on" not in theirs and "happened_on" in theirs:
        day = theirs["happened_on"].header
        entry.columns["entered_on"] = Said(day, _SAME_DAY)


# --- a column that is a sheet of its own ------------------------------------------------------------------


def _also(sheet: Table, columns: Sequence[TheirColumn], first: DraftSheet) -> Iterator[DraftSheet]:
    if not {"case", "happened_on"} <= first.columns.keys():
        return
    for each in also():
        found = next((column for column in columns if plain(column.header) in each.called), None)
        if found is not None and found.could_be(KINDS[each.sheet][each.column]):
            yield _other_entry(sheet, columns, first, each, found)


def _other_entry(
    sheet: Table, columns: Sequence[TheirColumn], first: DraftSheet, each: Also, found: TheirColumn
) -> DraftSheet:
    """Return what a column of a register with a line for each young person says besides."""
    why = f"each line says this too, in {found.header}"
    entry = DraftSheet(sheet.path.name, sheet.name or None, Said(each.sheet, why))
    entry.header_line = first.header_line
    entry.only_where = (found.header,)
    day = found.header if each.column == "happened_on" else first.columns["happened_on"].headers[0]
    entry.columns = {
        "case": first.columns["case"],
        "happened_on": Said(day, "called so" if day == found.header else "the day of the line"),
        "entered_on": Said(day, _SAME_DAY),
        each.column: Said(found.header, "called so"),
    }
    worker = next(
        (c for c in columns if column_likeness(c.header, "key-workers", "key_worker") == EXACT), None
    )
    if worker and "staff" in KINDS[each.sheet]:
        entry.columns["staff"] = Said(worker.header, "the key worker of the line")
    entry.columns |= {name: Said(value, always=True) for name, value in each.constants.items()}
    headers = {header for said in entry.columns.values() for header in said.headers}
    _propose_time(entry, each.sheet, {c.header: c for c in columns if c.header in headers})
    entry.row = DraftRow(PREFIXES[each.sheet], made_from=("case", "kind"), why="one for each young person")
    ask_for_what_is_missing(entry, each.sheet)
    return entry
