"""`milestones`: the steps of a young person's way that are neither a contact nor an assessment."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from scp_events.aggregates.engagement import CATEGORY
from scp_events.aggregates.engagement.commands import (
    AgreeBoundaries,
    ConfirmStory,
    DeclineBoundaries,
    EngagementCommand,
    Exit,
    Pause,
    RecordChoice,
    RecordStory,
    ReEngage,
    Resume,
)
from scp_events.aggregates.engagement.events import ExitReason
from scp_events.importing.cells import AsCode, CodeWord, Staff, required
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import CaseId, EventId, Text, the_one


class Kind(StrEnum):
    """What happened."""

    BOUNDARIES_AGREED = "boundaries-agreed"
    BOUNDARIES_DECLINED = "boundaries-declined"
    STORY_TOLD = "story-told"
    STORY_CONFIRMED = "story-confirmed"
    CHOICE = "choice"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXITED = "exited"
    RE_ENGAGED = "re-engaged"


class MilestoneRow(CorrectableRow):
    """One step of the way, with what the young person said; with `corrects`, as it should have read."""

    NAME = "milestones"

    kind: Annotated[Kind, AsCode]
    """What happened."""
    staff: Staff
    """With whom: who agreed the boundaries, heard the story, let them go."""
    words: Text | None = None
    """The boundaries, the story, the choice, or the plan for afterwards."""
    about: CodeWord | None = None
    """What a choice is about."""
    exit_reason: Annotated[ExitReason, AsCode] | None = None
    """Why they left."""
    no_exit_plan_because: Text | None = None
    """Why there is no plan for afterwards."""

    @property
    def ends_something(self) -> bool:
        """A break and an exit end what else is written of the day."""
        return self.kind in {Kind.PAUSED, Kind.EXITED}

    def steps(self, desk: Desk) -> list[Step]:
        """Every kind is one command."""
        case_id = desk.case(self.case)
        command = self._command(desk, case_id)
        if self.corrects:
            return [self.corrected(desk, case_id, command)]
        return [self.step(the_one(CATEGORY, case_id), case_id, command, by=self._who(command))]

    def _who(self, command: EngagementCommand) -> Staff:
        """Return who acts: who decided, where the row names somebody, or else the member of staff."""
        decides = hasattr(command, "decision")
        return self.decided_by if decides and self.decided_by else self.staff

    def _command(self, desk: Desk, case_id: CaseId) -> EngagementCommand:
        match self.kind:
            case Kind.STORY_TOLD:
                return RecordStory(event_id=self._own_id(), story=self._words())
            case Kind.STORY_CONFIRMED:
                return ConfirmStory(policy_version=desk.policy_on(self.happened_on))
            case Kind.CHOICE:
                return RecordChoice(event_id=self._own_id(), about=self._about(), choice=self._words())
        return self._decided(desk, case_id)

    def _decided(self, desk: Desk, case_id: CaseId) -> EngagementCommand:
        decision = self.grounds(desk, case_id)
        match self.kind:
            case Kind.BOUNDARIES_AGREED:
                return AgreeBoundaries(decision=decision, boundaries=self._words())
            case Kind.BOUNDARIES_DECLINED:
                return DeclineBoundaries(decision=decision)
            case Kind.PAUSED:
                return Pause(decision=decision)
            case Kind.RESUMED:
                return Resume(decision=decision)
            case Kind.RE_ENGAGED:
                return ReEngage(decision=decision)
        return Exit(
            decision=decision,
            reason=required(self.exit_reason, "exit_reason"),
            exit_plan=self.words,
            exit_plan_waived_because=self.no_exit_plan_because,
        )

    def _own_id(self) -> EventId | None:
        return None if self.corrects else self.event_id

    def _words(self) -> str:
        return required(self.words, "words")

    def _about(self) -> str:
        return required(self.about, "about")
