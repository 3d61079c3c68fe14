"""What every row has: an id, a case, when it happened and was entered; and the grounds of a decision."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as time_of_day
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from scp_events import policy
from scp_events.aggregates import BY_CATEGORY
from scp_events.importing.cells import (
    Basis,
    CaseCell,
    Codes,
    CodeWord,
    Day,
    RowId,
    RowIds,
    Staff,
    TimeOfDay,
    not_before,
    not_in_the_future,
    on_the_clock,
    required,
    says_something,
)
from scp_events.importing.desk import MAIN, Desk, Step, event_id, part_id
from scp_events.importing.report import WrongCellError
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    CaseId,
    Command,
    Correct,
    EventId,
    Grounds,
    Retract,
    Stream,
    Text,
    Views,
)

EVIDENCE = ("contacts", "milestones", "assessments", "reviews")
"""The sheets whose rows a decision or a need may rest on."""


class Row(BaseModel):
    """A row of any sheet. Its fields are the sheet's columns; a field without a default must be a column."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    NAME: ClassVar[str]
    BELONGS_TO_A_CASE: ClassVar[bool] = True

    row: RowId
    """The row's own id, such as C-0123: letters, hyphen, digits. Never used twice, never changed."""
    case: CaseCell
    """The case, such as SC-2025-007. It must not say who it is."""
    happened_on: Day
    """The day it happened."""
    time: TimeOfDay | None = None
    """The time of day where the programme is, where it was noted; without it the day is what is known."""
    entered_on: Day
    """The day it was typed in. On or after `happened_on`."""

    _says_something = field_validator("*", mode="before")(says_something)
    _known_by_today = field_validator("happened_on", "entered_on")(not_in_the_future)

    @field_validator("time")
    @classmethod
    def _was_on_the_clock(cls, at: time_of_day | None, info: ValidationInfo) -> time_of_day | None:
        """Return it with the zone in which it was noted."""
        day = info.data.get("happened_on")
        return on_the_clock(at, day, info) if at and day else at

    @field_validator("entered_on")
    @classmethod
    def _entered_after_it_happened(cls, day: Day, info: ValidationInfo) -> Day:
        return not_before(day, info.data.get("happened_on"), "happened_on")

    @property
    def occurred_at(self) -> datetime | date:
        """When it happened: a time of the organisation's day, or a day of which no more is known."""
        return self.at_time_of(self.happened_on)

    def at_time_of(self, day: date) -> datetime | date:
        """Return the row's time of day on a day, or the day where it has none."""
        if self.time is None:
            return day
        return datetime.combine(day, self.time)  # which says its zone

    @property
    def ends_something(self) -> bool:
        """Whether this comes last of the rows of a day: it ends what the others are part of."""
        return False

    @property
    def event_id(self) -> EventId:
        """The id of the event this row records, where it can be named before."""
        return event_id(self.NAME, self.row)

    @property
    def part_id(self) -> UUID:
        """The id of the part of a plan this row adds."""
        return part_id(self.NAME, self.row)

    def steps(self, desk: Desk) -> list[Step]:
        """Return the commands this row stands for, in order. Raises `WrongCellError`."""
        raise NotImplementedError

    def step(  # noqa: PLR0913 - each says one thing about the command, by name
        self,
        stream: Stream,
        case_id: CaseId | None,
        command: Command,
        *,
        by: Actor | None,
        name: str = MAIN,
        at: datetime | date | None = None,
    ) -> Step:
        """Return one command of this row; by default it is the row's only one."""
        return Step(
            name=name,
            aggregate=BY_CATEGORY[stream.category],
            stream=stream,
            case_id=case_id,
            case_reference=self.case,
            command=command,
            occurred_at=at or self.occurred_at,
            on_behalf_of=by,
        )


class GroundedRow(Row):
    """A row that is a decision, or may be one: a correction always is."""

    decided_by: Staff | None = None
    """Who decided and answers for it: a code from `staff`."""
    reason_code: CodeWord | None = None
    """Why, as a code."""
    reason: Text | None = None
    """Why, in words."""
    legal_basis: Basis | None = None
    """On what law: a code from `legal-bases` that was in force on the day."""
    options: Codes = ()
    """Every option considered, parted by semicolons; `no-action` is always one."""
    views: Text | None = None
    """What the young person said about it."""
    no_views_because: Text | None = None
    """Why they were not asked. Either this or `views`."""
    relied_on: RowIds = ()
    """Rows the decision rests on (contacts, milestones, assessments, reviews), parted by semicolons."""
    review_on: Day | None = None
    """When the decision is looked at again, if it is."""

    def grounds(self, desk: Desk, case_id: CaseId | None) -> Grounds:
        """Return the grounds this row gives."""
        return Grounds(
            reason_code=required(self.reason_code, "reason_code"),
            reason_text=required(self.reason, "reason"),
            legal_basis=required(self.legal_basis, "legal_basis"),
            options_considered=self._options(),
            views=self._views(),
            policy_version=policy.CURRENT.version,
            relied_on=tuple(self._rests_on(desk, case_id, row) for row in self.relied_on),
            review_on=self.review_on,
        )

    def _rests_on(self, desk: Desk, case_id: CaseId | None, row: str) -> EventId:
        return desk.evidence(case_id, "relied_on", row, EVIDENCE)

    def _options(self) -> tuple[str, ...]:
        options = required(self.options, "options")
        if len(options) < 2 or NO_ACTION not in options:  # noqa: PLR2004 - something, and nothing
            raise WrongCellError(
                "options",
                "options-not-weighed",
                "does not name two options with no-action among them",
                "name every option that was considered, such as accept; no-action",
            )
        return options

    def _views(self) -> Views:
        if (self.views is None) == (self.no_views_because is None):
            raise WrongCellError(
                "views",
                "views-or-why-not",
                "and no_views_because are both filled in, or both blank",
                "write what the young person said, or why they were not asked",
            )
        return Views(expressed=self.views, not_obtained_because=self.no_views_because)


class CorrectableRow(GroundedRow):
    """A row that may correct an earlier one of its sheet: it says everything as it should have been said."""

    corrects: RowId | None = None
    """The row of the same sheet this one puts right. Such a row repeats everything as it should have been."""

    def corrected(
        self, desk: Desk, case_id: CaseId | None, instead: Command, *, stream: Stream | None = None
    ) -> Step:
        """Return the step that corrects the row named: content, and the day where another is written."""
        wrong = desk.recorded(case_id, "corrects", required(self.corrects, "corrects"), self.NAME)
        command = Correct(
            decision=self.grounds(desk, case_id),
            corrects=wrong.envelope.event_id,
            instead=instead,
            occurred_at=self.occurred_at,
        )
        return self._as_correction(stream or wrong.stream, case_id, command)

    def retracted(self, desk: Desk, case_id: CaseId | None) -> Step:
        """Return the step that takes the row named back: it never was so."""
        wrong = desk.recorded(case_id, "corrects", required(self.corrects, "corrects"), self.NAME)
        command = Retract(decision=self.grounds(desk, case_id), corrects=wrong.envelope.event_id)
        return self._as_correction(wrong.stream, case_id, command)

    def _as_correction(self, stream: Stream, case_id: CaseId | None, command: Command) -> Step:
        decider = required(self.decided_by, "decided_by")
        return self.step(stream, case_id, command, by=decider, at=self.entered_on)
