"""The two registers beside the sheets: who the staff are, and on what law decisions stand.

Registers are looked up, not recorded. A mistake in one would make many rows wrong, so it stops the import
before anything is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from scp_events.importing.case_form import AS_HERE, CaseForm
from scp_events.importing.cells import AsCode, Codes, CodeWord, Day, Registers, complaints, says_something
from scp_events.importing.lines import Line
from scp_events.importing.reading import Sheet
from scp_events.importing.report import FileProblem, SheetsRefusedError, Wrong
from scp_events.vocabulary import Actor, Calendar, Citation, LegalBasis, OrganisationId, PersonId, Role


class Entry(BaseModel):
    """A line of a register."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    NAME: ClassVar[str]

    code: CodeWord
    """The code by which sheets name it."""

    _says_something = field_validator("*", mode="before")(says_something)


class StaffEntry(Entry):
    """Somebody who may be named in a sheet: of the programme, or of an agency that refers."""

    NAME = "staff"

    role: Annotated[Role, AsCode]
    """What they work as."""
    organisation: CodeWord
    """Whom they work for, as a code."""
    credentials: Codes = ()
    """What they are qualified for, as codes parted by semicolons."""


class LegalBasisEntry(Entry):
    """An authority that decisions stand on, and when it was in force."""

    NAME = "legal-bases"

    instrument: CodeWord
    """The kind of law, as a code."""
    act: Citation
    """The act, as it is cited."""
    section: Citation
    """Its section, as it is cited."""
    valid_from: Day
    """The day it came into force."""
    valid_to: Day | None = None
    """Its last day, if it has ended."""


REGISTERS: tuple[type[Entry], ...] = (StaffEntry, LegalBasisEntry)

E = TypeVar("E", bound=Entry)


def read_registers(
    sheets: Mapping[str, Sheet],
    calendar: Calendar,
    today: date,
    time_zone: tzinfo | None = None,
    cases: CaseForm = AS_HERE,
) -> Registers:
    """Return both registers. Raises `SheetsRefusedError` naming every line that is wrong."""
    problems: list[FileProblem] = []
    staff = _entries(StaffEntry, sheets, problems)
    legal_bases = _entries(LegalBasisEntry, sheets, problems)
    if problems:
        raise SheetsRefusedError(problems)
    return Registers(
        staff={entry.code: _actor(entry) for entry in staff},
        legal_bases={entry.code: _legal_basis(entry) for entry in legal_bases},
        today=today,
        calendar=calendar,
        zone=time_zone or calendar.zone,
        cases=cases,
    )


def _entries(kind: type[E], sheets: Mapping[str, Sheet], problems: list[FileProblem]) -> list[E]:
    if kind.NAME not in sheets:
        fix = f"put {kind.NAME}.csv beside the sheets; examples/second-chance has one"
        problems.append(FileProblem(kind.NAME, Wrong("missing-register", "the register is missing", fix)))
        return []
    sheet = sheets[kind.NAME]
    entries: dict[str, E] = {}
    for line in sheet.lines:
        found = _entry(kind, line)
        if isinstance(found, Entry) and found.code in entries:
            found = [Wrong("code-twice", "is in the register twice", "keep one of the lines", "code")]
        if isinstance(found, Entry):
            entries[found.code] = found
        else:
            problems += [FileProblem(sheet.file, sheet.in_their_words(wrong), line.number) for wrong in found]
    return list(entries.values())


def _entry(kind: type[E], line: Line) -> E | list[Wrong]:
    try:
        return kind.model_validate(line.cells)
    except ValidationError as error:
        return complaints(error)


def _actor(entry: StaffEntry) -> Actor:
    return Actor(
        id=PersonId(entry.code),
        role=entry.role,
        organisation=OrganisationId(entry.organisation),
        credentials=entry.credentials,
    )


def _legal_basis(entry: LegalBasisEntry) -> LegalBasis:
    return LegalBasis(
        instrument=entry.instrument,
        act=entry.act,
        section=entry.section,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
    )
