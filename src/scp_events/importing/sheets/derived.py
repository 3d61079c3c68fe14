"""The sheets nobody has to write: one for each aggregate, drawn from its commands.

A row says one event of one stream. So a new aggregate can be imported as soon as it is in `aggregates.ALL`.
What a case needs every day has sheets with fewer columns, written by hand, and has none of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self, cast
from uuid import UUID

from pydantic import Field, ValidationError, ValidationInfo, create_model, model_validator
from pydantic_core import InitErrorDetails

from scp_events import policy
from scp_events.aggregates import ALL
from scp_events.commands.registry import correctable, name_of_one
from scp_events.importing.cells import AsCode, Registers, RowId, RowIds, Staff, complaint, required
from scp_events.importing.desk import Desk, Step
from scp_events.importing.report import Wrong, WrongCellError
from scp_events.importing.sheets.field_cells import plain, written
from scp_events.importing.sheets.forms import Form, column_types, command_of, described, forms_of
from scp_events.importing.sheets.row import CorrectableRow, Row
from scp_events.vocabulary import (
    AnyAggregate,
    CaseId,
    EventId,
    Scope,
    Stream,
    named,
    the_one,
)

RETRACTED = "retracted"
"""The event of a row that takes an earlier one back."""


class EventRow(Row):
    """A row that says which event it is."""

    event: str
    """What happened; `retracted` takes back the row named in `corrects`."""
    staff: Staff | None = None
    """Who did it or wrote it down: a code from `staff`. Of a decision, `decided_by` says who."""


class OneOfManyRow(EventRow):
    """A row about one of the many streams that a case has of a kind."""

    of: RowId | None = None
    """The row that began what this one goes on with. Blank on the row that begins."""


class NamedRow(Row):
    """A row about what belongs to no case: it is called by a name."""

    BELONGS_TO_A_CASE: ClassVar[bool] = False

    case: str = Field(alias="name")
    """What it is called, as a code."""


class DerivedRow(CorrectableRow, EventRow):
    """A row whose columns follow from the commands of an aggregate."""

    AGGREGATE: ClassVar[AnyAggregate]
    FORMS: ClassVar[Mapping[str, Form]]
    """By event."""
    EVERY_SHEET: ClassVar[Sequence[str]]
    """Whose rows a row may name."""

    relied_on: RowIds = ()
    """Rows the decision rests on, of any sheet, parted by semicolons."""

    @model_validator(mode="after")
    def _says_what_its_event_says(self, info: ValidationInfo) -> Self:
        assert isinstance(info.context, Registers), "rows are validated against registers"  # noqa: S101 - ours
        if wrongs := [*self._not_used(), *self._needed(), *self._misfits(info.context)]:
            raise ValidationError.from_exception_data(type(self).__name__, [*map(_in_its_cell, wrongs)])
        return self

    def steps(self, desk: Desk) -> list[Step]:
        """A row is one command, or the correction or retraction of another row's."""
        case_id = self._case_id(desk)
        form = self._form
        if form is None:
            self._must_be_of_the_same(desk, case_id)
            return [self.retracted(desk, case_id)]
        said = form.said(self, partial(self._look_up, desk, case_id))
        command = command_of(form, said, self._filled_in(desk, case_id, form))
        if self.corrects:
            self._must_be_of_the_same(desk, case_id)
            return [self.corrected(desk, case_id, command)]
        by = self.decided_by if form.decides else self.staff
        return [self.step(self._stream(desk, case_id), case_id, command, by=by)]

    # --- what it is about ---------------------------------------------------------------------------------

    @property
    def _form(self) -> Form | None:
        return self.FORMS.get(self.event)

    @property
    def _of(self) -> str | None:
        return getattr(self, "of", None)  # of one stream of several, where a case has several

    @property
    def _begins(self) -> bool:
        return self._form is not None and self._form.begins

    def _case_id(self, desk: Desk) -> CaseId | None:
        if self.AGGREGATE.SCOPE is Scope.NO_CASE:
            return None
        opens = self._begins and self.AGGREGATE.OPENS_CASE and not self.corrects
        return desk.open_case(self.case) if opens else desk.case(self.case)

    def _stream(self, desk: Desk, case_id: CaseId | None) -> Stream:
        category, began = self.AGGREGATE.CATEGORY, self.AGGREGATE.BEGINS
        if case_id is None:
            return named(category, self.case)
        if self.AGGREGATE.SCOPE is Scope.ONE_PER_CASE:
            return the_one(category, case_id)
        if self._begins or began is None:
            return desk.stream_of(category, self.NAME, self.row)
        return desk.find(began.RECORDS, case_id, "of", required(self._of, "of"), self.NAME).stream

    def _must_be_of_the_same(self, desk: Desk, case_id: CaseId | None) -> None:
        """Complain where the row that is put right is of another stream, or by somebody else."""
        wrong = desk.recorded(case_id, "corrects", required(self.corrects, "corrects"), self.NAME)
        is_named = self.AGGREGATE.SCOPE is not Scope.MANY_PER_CASE or self._of is not None
        if is_named and wrong.stream != self._stream(desk, case_id):
            raise WrongCellError(
                "corrects",
                "of-something-else",
                "names a row about something else than this one",
                "check the row's id; what was written of the wrong one is taken back and written anew",
            )
        if self.staff is not None and self.staff.id != wrong.by.id:
            raise WrongCellError(
                "staff",
                "by-somebody-else",
                "is not who did it or wrote it down in the row that this one puts right",
                "name the same, or take that row back and write another",
            )

    # --- what it says -------------------------------------------------------------------------------------

    def _filled_in(self, desk: Desk, case_id: CaseId | None, form: Form) -> Mapping[str, Any]:
        said: dict[str, Any] = {
            "event_id": None if self.corrects else self.event_id,
            "policy_version": policy.CURRENT.version,
        }
        return said | ({"decision": self.grounds(desk, case_id)} if form.decides else {})

    def _look_up(self, desk: Desk, case_id: CaseId | None, column: str, row: str, is_event: bool) -> UUID:  # noqa: FBT001 - called in one way
        found = desk.anywhere(case_id, column, row, self.EVERY_SHEET)
        return found.envelope.event_id if is_event else found.stream.id

    def _rests_on(self, desk: Desk, case_id: CaseId | None, row: str) -> EventId:
        return desk.anywhere(case_id, "relied_on", row, self.EVERY_SHEET).envelope.event_id

    # --- what is wrong with it ----------------------------------------------------------------------------

    def _not_used(self) -> Iterator[Wrong]:
        """Yield a complaint of each cell that is filled in and says nothing of this event."""
        uses = {*_OF_EVERY_ROW, *(self._form.columns if self._form else ())}
        if self._is_decided:
            uses |= _OF_DECISIONS
        if not self._begins:
            uses.add("of")
        if self.corrects or not self._is_decided:
            uses.add("staff")
        for column in self.model_fields_set - uses:
            is_decision = column == "staff"  # all others have one
            fix = "name who decided in `decided_by`" if is_decision else "clear the cell, or check `event`"
            message = f"is filled in, and a row `{self.event}` says nothing there"
            yield Wrong("not-of-this-event", message, fix, column)

    def _needed(self) -> Iterator[Wrong]:
        needed = []
        if self._form is None:
            needed.append("corrects")
        elif not self._begins and self.AGGREGATE.SCOPE is Scope.MANY_PER_CASE:
            needed.append("of")
        if self._is_decided:
            needed += ["decided_by", "reason_code", "reason", "legal_basis", "options"]
        else:
            needed.append("staff")
        for column in needed:
            if column not in self.model_fields_set:
                yield Wrong(
                    "missing", f"is blank, and a row `{self.event}` needs it", "fill the cell in", column
                )

    def _misfits(self, registers: Registers) -> Iterator[Wrong]:
        return self._form.wrongs(self, registers) if self._form else iter(())

    @property
    def _is_decided(self) -> bool:
        return self.corrects is not None or self._form is None or self._form.decides


_OF_EVERY_ROW = frozenset({*Row.model_fields, "event", "corrects"})
_OF_DECISIONS = frozenset(CorrectableRow.model_fields) - {*Row.model_fields}


def _in_its_cell(wrong: Wrong) -> InitErrorDetails:
    said = complaint(wrong.code, wrong.message, wrong.fix, wrong.suggestion)
    return InitErrorDetails(type=said, loc=(wrong.column or "",), input=None)


# --- from aggregates to sheets ----------------------------------------------------------------------------


def derived_sheets(by_hand: Sequence[type[Row]], has_sheets: Sequence[str]) -> tuple[type[DerivedRow], ...]:
    """Return the sheets of all aggregates but those that have some: `has_sheets`, by category."""
    own = [each for each in ALL if each.CATEGORY not in has_sheets and is_for_sheets(each)]
    every = (*(sheet.NAME for sheet in by_hand), *(each.COLLECTION for each in own))
    return tuple(sheet_of(aggregate, every) for aggregate in own)


def is_for_sheets(aggregate: AnyAggregate) -> bool:
    """Whether rows may say what happens to it.

    What is restricted is told by a person at a door, where it is noted who sees it: a folder of sheets is
    open to everybody who prepares an import. What takes effect by being recorded has no past to import.
    """
    is_open = all(event.confidentiality == "standard" for event in aggregate.EVENTS)
    return is_open and bool(correctable(aggregate))


def sheet_of(aggregate: AnyAggregate, every_sheet: Sequence[str]) -> type[DerivedRow]:
    """Return the row model of an aggregate."""
    bases = _BASES[aggregate.SCOPE]
    whole: Any = create_model("Columns", __base__=bases)
    forms = forms_of(aggregate, whole)
    columns: dict[str, Any] = {
        name: (type_ | None, Field(default=None, description=described(forms, name)))
        for name, type_ in column_types(forms).items()
    }
    if aggregate.SCOPE is Scope.NO_CASE:
        called = written(plain(name_of_one(aggregate)))
        about = f"What it is called: {called.how}."
        columns["case"] = (called.type, Field(alias="name", description=about))
    events = Annotated[Literal[(*forms, RETRACTED)], AsCode]  # type: ignore[valid-type]  # known at run time only
    columns |= {column: (Staff | None, Field(default=None, description=says)) for column, says in _who(forms)}
    columns["event"] = (events, Field(description=EventRow.model_fields["event"].description))
    name = f"{aggregate.CATEGORY.capitalize()}Row"
    row = cast("type[DerivedRow]", create_model(name, __base__=bases, __doc__=aggregate.__doc__, **columns))
    row.NAME, row.AGGREGATE = aggregate.COLLECTION, aggregate
    row.FORMS, row.EVERY_SHEET = forms, every_sheet
    return row


def _who(forms: Mapping[str, Form]) -> Iterator[tuple[str, str]]:
    """Yield what is said of the columns that name who did something, and who decided."""
    decisions = ", ".join(f"`{name}`" for name, form in forms.items() if form.decides)
    blank_of, needed_of = (f" Blank of {decisions}.", f"of {decisions}, and ") if decisions else ("", "")
    yield "staff", f"Who did it or wrote it down: a code from `staff`.{blank_of}"
    says = f"Needed, with its reasons, {needed_of}where the row corrects or takes back another."
    yield "decided_by", f"Who decided and answers for it: a code from `staff`. {says}"


_BASES: Mapping[Scope, tuple[type[Row], ...]] = {
    Scope.NO_CASE: (NamedRow, DerivedRow),
    Scope.ONE_PER_CASE: (DerivedRow,),
    Scope.MANY_PER_CASE: (DerivedRow, OneOfManyRow),
}
