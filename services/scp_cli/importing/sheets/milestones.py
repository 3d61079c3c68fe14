"""`milestones`: the steps of a young person's way that are neither a contact nor an assessment."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from scp_cli.importing.cells import AsCode, CodeWord, Staff, required
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.report import WrongCellError
from scp_cli.importing.sheets.row import CorrectableRow
from scp_events import policy
from scp_events.aggregates import participant
from scp_events.aggregates.participant import (
    AgreeBoundaries,
    ConfirmStoryUnderstood,
    CorrectChoice,
    CorrectStory,
    DeclineBoundaries,
    Exit,
    ExitReason,
    ParticipantChoiceRecorded,
    ParticipantCommand,
    Pause,
    RecordChoice,
    RecordStory,
    ReEngage,
    Resume,
    StoryRecorded,
)
from scp_events.vocabulary import ParticipantId, Text


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
    """One step of the way, with what the young person said. `corrects` is for a story or a choice."""

    NAME = "milestones"

    kind: Annotated[Kind, AsCode]
    staff: Staff
    """With whom: who agreed the boundaries, heard the story, let them go."""
    words: Text | None = None
    """The boundaries, the story, the choice, or the plan for afterwards."""
    about: CodeWord | None = None
    """What a choice is about."""
    exit_reason: Annotated[ExitReason, AsCode] | None = None
    no_exit_plan_because: Text | None = None

    def steps(self, desk: Desk) -> list[Step]:
        """Every kind is one command; see `_command` and `_correction`."""
        case_id = desk.case(self.case)
        if self.corrects:
            command = self._correction(desk, case_id)
            return [
                self.step(participant, case_id, case_id, command, by=self.decided_by, at=self.corrected_at)
            ]
        command = self._command(desk, case_id)
        return [self.step(participant, case_id, case_id, command, by=self.staff)]

    def _command(self, desk: Desk, case_id: ParticipantId) -> ParticipantCommand:
        match self.kind:
            case Kind.STORY_TOLD:
                return RecordStory(event_id=self.event_id, told_to=self.staff, story=self._words())
            case Kind.STORY_CONFIRMED:
                return ConfirmStoryUnderstood(confirmed_to=self.staff, policy_version=policy.CURRENT.version)
            case Kind.CHOICE:
                return RecordChoice(event_id=self.event_id, about=self._about(), choice=self._words())
        return self._decided(desk, case_id)

    def _decided(self, desk: Desk, case_id: ParticipantId) -> ParticipantCommand:
        decision = self.decision(desk, case_id, self.decided_by or self.staff)
        match self.kind:
            case Kind.BOUNDARIES_AGREED:
                return AgreeBoundaries(decision=decision, agreed_with=self.staff, boundaries=self._words())
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
            exited_on=self.happened_on,
            exit_plan=self.words,
            exit_plan_waived_because=self.no_exit_plan_because,
        )

    def _correction(self, desk: Desk, case_id: ParticipantId) -> ParticipantCommand:
        if self.kind is Kind.STORY_TOLD:
            return CorrectStory(**self.corrected(StoryRecorded, desk, case_id), story=self._words())
        if self.kind is Kind.CHOICE:
            return CorrectChoice(
                **self.corrected(ParticipantChoiceRecorded, desk, case_id),
                about=self._about(),
                choice=self._words(),
            )
        raise WrongCellError(
            "corrects",
            "not-correctable",
            "is filled in on a row of a kind that is not corrected",
            "correct a story or a choice; of anything else, record what happened since",
        )

    def _words(self) -> str:
        return required(self.words, "words")

    def _about(self) -> str:
        return required(self.about, "about")
