"""What every row has: an id, a case, when it happened and was entered; and the grounds of a decision."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from scp_cli.importing.cells import (
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
    required,
)
from scp_cli.importing.desk import MAIN, Desk, Step, event_id, part_id
from scp_cli.importing.report import WrongCellError
from scp_events import policy
from scp_events.event_log import Recorded
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    Aggregate,
    Command,
    Decision,
    Event,
    EventId,
    ParticipantId,
    Text,
    Views,
)

NOON = time(12)
"""When something happened whose time of day nobody wrote down. All times are UTC."""
EVIDENCE = ("contacts", "milestones", "assessments", "reviews")
"""The sheets whose rows a decision or a need may rest on."""

E = TypeVar("E", bound=Event)


class Row(BaseModel):
    """A row of any sheet. Its fields are the sheet's columns; a field without a default must be a column."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    NAME: ClassVar[str]

    row: RowId
    case: CaseCell
    happened_on: Day
    time: TimeOfDay | None = None
    entered_on: Day

    _known_by_today = field_validator("happened_on", "entered_on")(not_in_the_future)

    @field_validator("entered_on")
    @classmethod
    def _entered_after_it_happened(cls, day: Day, info: ValidationInfo) -> Day:
        return not_before(day, info.data.get("happened_on"), "happened_on")

    @property
    def occurred_at(self) -> datetime:
        """When it happened, in UTC."""
        return datetime.combine(self.happened_on, self.time or NOON, UTC)

    @property
    def event_id(self) -> EventId:
        """The id of the event this row records, where it can be corrected."""
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
        aggregate: Aggregate[Any, Any, Any, Any],
        stream_id: UUID,
        case_id: ParticipantId,
        command: Command,
        *,
        by: Actor | None,
        name: str = MAIN,
        at: datetime | None = None,
    ) -> Step:
        """Return one command of this row; by default it is the row's only one."""
        return Step(name, aggregate, stream_id, case_id, command, at or self.occurred_at, by)


class GroundedRow(Row):
    """A row that is a decision, or may be one: a correction always is."""

    decided_by: Staff | None = None
    reason_code: CodeWord | None = None
    reason: Text | None = None
    legal_basis: Basis | None = None
    options: Codes = ()
    views: Text | None = None
    no_views_because: Text | None = None
    relied_on: RowIds = ()
    review_on: Day | None = None

    def decision(self, desk: Desk, case_id: ParticipantId, by: Actor | None = None) -> Decision:
        """Return the grounds this row gives, and who answers for them."""
        return Decision(
            by=by or required(self.decided_by, "decided_by"),
            reason_code=required(self.reason_code, "reason_code"),
            reason_text=required(self.reason, "reason"),
            legal_basis=required(self.legal_basis, "legal_basis"),
            options_considered=self._options(),
            views=self._views(),
            policy_version=policy.CURRENT.version,
            relied_on=tuple(desk.evidence(case_id, "relied_on", row, EVIDENCE) for row in self.relied_on),
            review_on=self.review_on,
        )

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

    def corrected(self, kind: type[E], desk: Desk, case_id: ParticipantId) -> dict[str, Any]:
        """Return what every correction command needs: the event it corrects, when it was, and the grounds."""
        wrong = desk.find(kind, case_id, "corrects", required(self.corrects, "corrects"), self.NAME)
        return {
            "corrects": wrong.envelope.event_id,
            "happened_at": self._happened_otherwise(wrong),
            "decision": self.decision(desk, case_id),
        }

    def _happened_otherwise(self, wrong: Recorded[Any]) -> datetime | None:
        return None if wrong.envelope.occurred_at == self.occurred_at else self.occurred_at

    @property
    def corrected_at(self) -> datetime:
        """When the correction was decided: the day it was entered."""
        return datetime.combine(self.entered_on, NOON, UTC)
