"""The sheets that follow from commands: what can be said to an aggregate can be said in a row."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints, ValidationError

from scp_events import policy
from scp_events.aggregates import ALL
from scp_events.commands.registry import correctable
from scp_events.importing.cells import Registers, complaints
from scp_events.importing.sheets import BY_HAND, DERIVED
from scp_events.importing.sheets.derived import RETRACTED, DerivedRow, is_for_sheets
from scp_events.importing.sheets.forms import FILLED_IN, command_of
from scp_events.vocabulary import UTC_CALENDAR, Command, DecisionCommand, Erased, Scope
from tests.examples import examples
from tests.words import LEGAL_BASIS, SUPERVISOR, grounds

SHEETS = {sheet.NAME: sheet for sheet in DERIVED}
REGISTERS = Registers(
    staff={"sv-rowan": SUPERVISOR},
    legal_bases={"rules": LEGAL_BASIS},
    today=date(2026, 7, 1),
    calendar=UTC_CALENDAR,
    zone=UTC_CALENDAR.zone,
)
OF_EVERY_ROW = {"row": "X-1", "happened_on": "2025-03-03", "entered_on": "2025-03-04"}
GROUNDS = {
    "decided_by": "sv-rowan",
    "reason_code": "meets-criteria",
    "reason": "An invented reason.",
    "legal_basis": "rules",
    "options": "proceed; no-action",
    "no_views_because": "They were away.",
}
PREFIXED = {"reason", "reason_code", "name"}
"""Columns of every sheet; a field of that name has its category in front. Of what belongs
to no case `name` is one, too."""
SAID = [(sheet, event) for sheet in DERIVED for event in sheet.FORMS]

Cells = dict[str, str]


# --- writing a command as people do -----------------------------------------------------------------------


class Writer:
    """Writes a command in the cells of a row, and knows which rows it named."""

    def __init__(self, sheet: type[DerivedRow], event: str) -> None:
        self.sheet, self.event = sheet, event
        self.named: dict[str, UUID] = {}

    def row(self, command: Command) -> Cells:
        """Return the row of a command."""
        sheet, form = self.sheet.AGGREGATE, self.sheet.FORMS[self.event]
        cells = OF_EVERY_ROW | {"event": self.event}
        cells |= {"name": "so-called"} if sheet.SCOPE is Scope.NO_CASE else {"case": "SC-2025-001"}
        cells |= GROUNDS if isinstance(command, DecisionCommand) else {"staff": "sv-rowan"}
        if sheet.SCOPE is Scope.MANY_PER_CASE and not form.begins:
            cells["of"] = "X-2"
        return cells | self.fields(command, "")

    def fields(self, said: BaseModel, before: str) -> Cells:
        """Return the cells of every field, those of a model in it with its name in front."""
        cells: Cells = {}
        for name in type(said).model_fields:
            value = getattr(said, name)
            if (not before and name in FILLED_IN) or value is None or value == ():
                continue
            if isinstance(value, BaseModel):
                cells |= self.fields(value, f"{before}{name}_")
            else:
                cells[self.column(before + name)] = self.text(value)
        return cells

    def column(self, name: str) -> str:
        """Return the column of a field."""
        taken = PREFIXED - (set() if self.sheet.AGGREGATE.SCOPE is Scope.NO_CASE else {"name"})
        return f"{self.sheet.AGGREGATE.CATEGORY}_{name}" if name in taken else name

    def text(self, value: Any) -> str:
        """Return what a cell says."""
        if isinstance(value, tuple) and isinstance(value[0], BaseModel):
            return parted([[f"{n}={v}" for n, v in self.parts(each, ",", " ", ":")] for each in value])
        return parted([[self.one(each) for each in value]]) if isinstance(value, tuple) else self.one(value)

    def parts(self, said: BaseModel, comma: str, space: str, sign: str) -> list[tuple[str, str]]:
        """Return the parts of one thing of several."""
        found = [(name, getattr(said, name)) for name in type(said).model_fields]
        return [(name, self.part(v, comma, space, sign)) for name, v in found if v is not None and v != ()]

    def part(self, value: Any, comma: str, space: str, sign: str) -> str:
        """Return a part: several of it are parted by commas, and their parts by spaces."""
        if not isinstance(value, tuple):
            return self.one(value)
        if isinstance(value[0], BaseModel):
            each = [self.parts(inner, comma, space, sign) for inner in value]
            return comma.join(space.join(f"{name}{sign}{said}" for name, said in inner) for inner in each)
        return comma.join(self.one(each) for each in value)

    def one(self, value: Any) -> str:
        """Return what says one thing."""
        match value:
            case bool():
                return "yes" if value else "no"
            case Enum():
                return str(value.value)
            case UUID():
                row = f"Z-{len(self.named)}"
                self.named[row] = value
                return row
        return value.isoformat() if isinstance(value, date) else str(value)


def parted(lines: list[list[str]]) -> str:
    """Return lines whose cells are parted by semicolons, in quotation marks where need be."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(lines)
    return text.getvalue()


# --- any command ------------------------------------------------------------------------------------------


def any_of(annotation: Any, marks: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Return a strategy for whatever a field may hold."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return any_of(inner[0], (*inner[1:], *marks))
    if origin in {Union, UnionType}:
        kinds = [each for each in inner if each is not Erased]
        return st.one_of([st.none() if each is NoneType else any_of(each, marks) for each in kinds])
    if origin is tuple:
        few = bounds(marks, "min_length") or 0
        return st.lists(any_of(inner[0]), min_size=few, max_size=few + 2).map(tuple)
    if hasattr(annotation, "__supertype__"):
        return any_of(annotation.__supertype__, marks)
    return plain(annotation, marks)


def plain(kind: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if issubclass(kind, BaseModel):
        return any_said(kind)
    if issubclass(kind, Enum):
        return st.sampled_from([*kind])
    if kind is str:
        return texts(next(mark for mark in marks if isinstance(mark, StringConstraints)))
    if kind is int:
        return st.integers(bounds(marks, "ge") or 0, bounds(marks, "le") or 1_000_000)
    plainly: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        date: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
        Decimal: st.decimals(0, 9_999_999_999, places=4),
        UUID: st.builds(uuid4),
    }
    return plainly[kind]


def texts(form: StringConstraints) -> st.SearchStrategy[str]:
    assert isinstance(form.pattern, str)
    if "x00" in form.pattern:
        letters = st.characters(exclude_categories=("C",), include_characters='\n;="')
        return st.text(letters, min_size=1, max_size=30).map(str.strip).filter(bool)
    return st.from_regex(form.pattern.strip("^$"), fullmatch=True)


def bounds(marks: tuple[Any, ...], name: str) -> int | None:
    within = [each for mark in marks for each in (getattr(mark, "metadata", None) or [mark])]
    return next((found for each in within if (found := getattr(each, name, None)) is not None), None)


def any_said(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {
        name: any_of(info.annotation, tuple(info.metadata))
        for name, info in model.model_fields.items()
        if not (issubclass(model, Command) and name in FILLED_IN)
    }
    by_itself = {"decision": grounds(), "policy_version": policy.CURRENT.version}
    own = {name: value for name, value in by_itself.items() if name in model.model_fields}
    needed = {name: each for name, each in fields.items() if model.model_fields[name].is_required()}
    return st.fixed_dictionaries(
        needed, optional={name: each for name, each in fields.items() if name not in needed}
    ).map(lambda said: model(**said, **(own if issubclass(model, Command) else {})))


# --- what can be said -------------------------------------------------------------------------------------


def read(sheet: type[DerivedRow], cells: Cells) -> DerivedRow:
    return sheet.model_validate({name: cell.strip() for name, cell in cells.items()}, context=REGISTERS)


@pytest.mark.parametrize(("sheet", "event"), SAID, ids=[f"{sheet.NAME}-{event}" for sheet, event in SAID])
def test_whatever_can_be_said_to_an_aggregate_can_be_said_in_a_row(
    sheet: type[DerivedRow], event: str
) -> None:
    form = sheet.FORMS[event]

    @settings(max_examples=examples(10), deadline=None)
    @given(command=any_said(form.command))
    def is_read_as_it_was_written(command: Command) -> None:
        writer = Writer(sheet, event)
        row = read(sheet, writer.row(command))
        said = form.said(row, lambda _column, named, _is_event: writer.named[named])
        filled_in = {name: getattr(command, name, None) for name in FILLED_IN}
        assert command_of(form, said, filled_in) == command

    is_read_as_it_was_written()


def test_every_aggregate_with_open_reports_has_a_sheet_of_its_own_or_written_by_hand() -> None:
    by_hand = {"referral", "participant", "engagement", "consent", "assessment", "irp"}
    derived = {sheet.AGGREGATE.CATEGORY for sheet in DERIVED}
    assert derived | by_hand == {each.CATEGORY for each in ALL if is_for_sheets(each)}
    assert not derived & by_hand
    assert not {sheet.NAME for sheet in DERIVED} & {sheet.NAME for sheet in BY_HAND}


def test_a_concern_is_told_at_a_door_and_what_takes_effect_by_being_recorded_has_no_past() -> None:
    assert {each.CATEGORY for each in ALL if not is_for_sheets(each)} >= {"concern", "record"}


def test_every_report_of_an_aggregate_is_an_event_of_its_sheet() -> None:
    for sheet in DERIVED:
        assert [form.command for form in sheet.FORMS.values()] == [*correctable(sheet.AGGREGATE)]
        assert RETRACTED not in sheet.FORMS


# --- what is wrong with a cell ----------------------------------------------------------------------------

SANCTION = OF_EVERY_ROW | {
    "case": "SC-2025-001",
    "event": "imposed",
    "staff": "sv-rowan",
    "kind": "custodial",
    "instrument": "order",
    "imposed_by": "court",
    "imposed_as": "magistrate",
    "to_be_done": "Forty hours.",
}
PROGRAMME = OF_EVERY_ROW | {
    "name": "way-back",
    "event": "defined",
    "staff": "sv-rowan",
    "template_version": "2025.1",
    "title": "Way back",
    "variants": "code=a; of_age=anybody; session_count=2; session_minutes=60; total_minutes=120",
}
SESSION = OF_EVERY_ROW | {
    "name": "s-1",
    "event": "cost-recorded",
    "staff": "sv-rowan",
    "cost_kind": "room",
    "amount": "12.50",
    "currency": "XCD",
}
MATCH = OF_EVERY_ROW | {"case": "SC-2025-001", "of": "Y-1"}
CLOSED = MATCH | GROUNDS | {"event": "closed", "mentor": "m-clover", "match_reason": "early"}
HELD = OF_EVERY_ROW | {
    "name": "s-1",
    "event": "held",
    "staff": "sv-rowan",
    "medium": "in-person",
    "venue_kind": "hall",
    "facilitators": "kw-juniper",
    "actual_minutes": "90",
}


@pytest.mark.parametrize(
    ("sheet", "cells"),
    [
        ("sanctions", SANCTION),
        ("programmes", PROGRAMME),
        ("sessions", SESSION),
        ("sessions", HELD),
        ("matches", CLOSED),
    ],
)
def test_a_row_without_a_mistake_is_read(sheet: str, cells: Cells) -> None:
    assert read(SHEETS[sheet], cells).event == cells["event"]


ITEM = PROGRAMME["variants"]


@pytest.mark.parametrize(
    ("sheet", "cells", "column", "code", "fix"),
    [
        ("sanctions", SANCTION | {"kind": "nonsense"}, "kind", "not-a-choice", "use one of `alternative-pun"),
        ("sanctions", SANCTION | {"kind": ""}, "kind", "missing", "fill the cell in"),
        ("sanctions", SANCTION | {"due_on": "soon"}, "due_on", "not-a-date", "write it as 2025-03-31"),
        ("sanctions", SANCTION | {"instrument": "?!"}, "instrument", "not-a-code", "use letters, digits and"),
        ("sanctions", SANCTION | {"to_be_done": "x" * 4001}, "to_be_done", "too-long", "keep it to 4000"),
        ("sanctions", SANCTION | {"outcome": "successfully"}, "outcome", "not-of-this-event", "clear the ce"),
        ("sanctions", SANCTION | {"of": "X-2"}, "of", "not-of-this-event", "clear the cell, or check `event"),
        ("sanctions", SANCTION | {"reason": "Why."}, "reason", "not-of-this-event", "clear the cell, or che"),
        ("sanctions", SANCTION | {"event": "discharge"}, "event", "not-a-choice", "use one of `imposed`"),
        ("sanctions", SANCTION | {"staff": "sv-nobody"}, "staff", "unknown-staff", "add the person's code"),
        ("sanctions", SANCTION | {"staff": ""}, "staff", "missing", "fill the cell in"),
        ("matches", CLOSED | {"of": ""}, "of", "missing", "fill the cell in"),
        ("matches", CLOSED | {"of": "the first"}, "of", "not-a-row-id", "write it as C-0123"),
        ("matches", CLOSED | {"staff": "sv-rowan"}, "staff", "not-of-this-event", "name who decided in `dec"),
        ("matches", CLOSED | {"decided_by": ""}, "decided_by", "missing", "fill the cell in"),
        ("matches", CLOSED | {"options": ""}, "options", "missing", "fill the cell in"),
        ("matches", CLOSED | {"match_reason": "tired"}, "match_reason", "not-a-choice", "use one of `comple"),
        ("matches", CLOSED | {"mentor": "Clover Hale"}, "mentor", "not-a-person-code", "use letters, digits"),
        ("matches", CLOSED | {"event": RETRACTED}, "corrects", "missing", "fill the cell in"),
        ("sessions", SESSION | {"amount": "12,50"}, "amount", "not-a-number", "write it in digits with a po"),
        ("sessions", SESSION | {"amount": "0.12345"}, "amount", "too-many-places", "keep it to 4 places"),
        ("sessions", SESSION | {"amount": "-1"}, "amount", "too-small", "write 0 or more"),
        ("sessions", SESSION | {"currency": "dollars"}, "currency", "not-of-the-form", "write it as XCD"),
        ("sessions", HELD | {"actual_minutes": "1.5"}, "actual_minutes", "not-a-whole-number", "write a who"),
        ("sessions", HELD | {"actual_minutes": "0"}, "actual_minutes", "too-small", "write 1 or more"),
        ("sessions", HELD | {"actual_minutes": "999999"}, "actual_minutes", "too-large", "write 100000 or l"),
        ("sessions", HELD | {"facilitators": ";"}, "facilitators", "too-few", "name at least 1"),
        ("sessions", HELD | {"name": "No code!"}, "name", "not-a-code", "use letters, digits and hyphens on"),
        ("programmes", PROGRAMME | {"audience_female_only": "maybe"}, "audience_female_only",
         "not-yes-or-no", "write yes or no"),
        ("programmes", PROGRAMME | {"audience_youngest_years": "200"}, "audience_youngest_years",
         "too-large", "write 130 or less"),
        ("programmes", PROGRAMME | {"template_version": "Version 2"}, "template_version",
         "not-of-the-form", "write it as 2025.1"),
        ("programmes", PROGRAMME | {"variants": "minors"}, "variants", "not-an-item",
         "number 1: say each once of code, of_age"),
        ("programmes", PROGRAMME | {"variants": f"{ITEM}; code=b"}, "variants", "not-an-item", "number 1: s"),
        ("programmes", PROGRAMME | {"variants": f"{ITEM}\ncode=b"}, "variants", "not-an-item",
         "number 2: `of_age` is blank: fill the cell in"),
        ("programmes", PROGRAMME | {"variants": ITEM.replace("anybody", "elves")}, "variants", "not-an-item",
         "number 1: `of_age` is not one of the words of this column: use one of `minors`"),
        ("programmes", PROGRAMME | {"variants": ITEM.replace("=120", "=0")}, "variants", "not-an-item",
         "number 1: `total_minutes` is a number too small to be meant: write 1 or more"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_told_by_its_column_with_the_remedy(
    sheet: str, cells: Cells, column: str, code: str, fix: str
) -> None:
    with pytest.raises(ValidationError) as wrong:
        read(SHEETS[sheet], {name: cell for name, cell in cells.items() if cell})
    told = [(each.column, each.code) for each in complaints(wrong.value)]
    assert (column, code) in told
    assert next(each.fix for each in complaints(wrong.value) if each.column == column).startswith(fix)


def test_everything_that_is_wrong_with_a_row_is_told_at_once() -> None:
    cells = SANCTION | {"outcome": "successfully", "to_be_done": "x" * 4001}
    with pytest.raises(ValidationError) as wrong:
        read(SHEETS["sanctions"], {name: cell for name, cell in cells.items() if name != "imposed_by"})
    told = {each.column for each in complaints(wrong.value)}
    assert told == {"outcome", "imposed_by", "to_be_done"}


def test_a_column_that_two_events_use_differently_is_read_as_each_of_them_means_it() -> None:
    """A reason is a word of a list where a match is closed, and a text where it is declined."""
    closed = read(SHEETS["matches"], CLOSED | {"match_reason": "Rematched"})
    said = MATCH | {
        "event": "declined",
        "staff": "sv-rowan",
        "declined_by": "mentor",
        "match_reason": "Too Far",
    }
    declined = read(SHEETS["matches"], said)
    forms = SHEETS["matches"].FORMS
    assert forms["closed"].said(closed, refuse).reason == "rematched"  # type: ignore[attr-defined]  # of that command
    assert forms["declined"].said(declined, refuse).reason == "Too Far"  # type: ignore[attr-defined]  # of that command


def refuse(column: str, _row: str, _is_event: bool) -> UUID:  # noqa: FBT001 - called in one way
    raise AssertionError(f"{column} names no row here")
