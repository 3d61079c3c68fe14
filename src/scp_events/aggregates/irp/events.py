"""An IRP (Individual Rehabilitation Plan): what is stored for ever."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, NewType, TypeAlias
from uuid import UUID

from pydantic import Field, PositiveInt

from scp_events.aggregates.practitioner.events import ByCompetence
from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Code,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    IdentifiedEvent,
    IrpId,
    Narrative,
    OfTheCase,
    Personal,
    PersonCode,
    TellingCode,
    Word,
    members,
)

NeedId = NewType("NeedId", UUID)
GoalId = NewType("GoalId", UUID)
StepId = NewType("StepId", UUID)

SomeEvents = Annotated[tuple[EventId, ...], Field(min_length=1)]
Contributors = Annotated[tuple[PersonCode, ...], Field(min_length=1)]
"""The key workers whose engagement with the young person the plan comes from."""
NextReview = Annotated[date, Bound(after=OCCURRED)]

# --- what a command and its event both say ----------------------------------------------------------------


class Priority(StrEnum):
    """How much a need matters: the plan helps with key needs first, not with everything at once."""

    KEY = "key"
    IMPORTANT = "important"
    LATER = "later"


class Aim(StrEnum):
    """What a goal is to bring about, in the words of the documents: S2.3 to S2.8, S3.2 and S3.6."""

    SOCIAL_COMPETENCE = "social-competence"
    LEGAL_COMPETENCE = "legal-competence"
    COMMUNICATION = "communication"
    SELF_SUFFICIENCY = "self-sufficiency"
    SELF_KNOWLEDGE = "self-knowledge"
    MOTIVATION = "motivation"
    RESPONSIBILITY_OWN_BEHAVIOUR = "responsibility-own-behaviour"
    """To see one's own behaviour as it was."""
    RESPONSIBILITY_CONSEQUENCES = "responsibility-consequences"
    RESPONSIBILITY_VICTIMS = "responsibility-victims"
    """To see what it did to victims and to others."""
    ENVIRONMENT_WITHOUT_RISK = "environment-without-risk"
    """Links with people who are no risk, and strong ones."""
    LESS_DEBT = "less-debt"
    WORK_AND_EDUCATION = "work-and-education"
    SANCTION_DISCHARGED = "sanction-discharged"
    SUBSTANCES = "substances"
    MENTAL_HEALTH = "mental-health"
    SOCIAL_SKILLS = "social-skills"
    VOCATIONAL_TRAINING = "vocational-training"
    LITERACY = "literacy"
    SOFT_SKILLS = "soft-skills"


TellingAims = Annotated[
    Annotated[tuple[Aim, ...], Field(max_length=len(Aim))] | Erased, Personal("narrative")
]
TellingYesOrNo = Annotated[bool | Erased, Personal("narrative")]


class Need(Word):
    """What a young person needs, and where that was seen."""

    need_id: NeedId
    domain: TellingCode
    """The area of life, such as `housing`, `work`, `debts`, `mental-health`."""
    description: Narrative
    evidence: Annotated[SomeEvents, OfTheCase()]
    """The events the need was seen in: what was told, assessed or observed."""
    priority: Priority
    behind_the_offending: TellingYesOrNo | None = None
    """Whether it is one of the causes of offending (S4.3); None where nobody has said so."""


class Goal(Word):
    """What is set out for, in answer to a need."""

    goal_id: GoalId
    need_id: NeedId
    description: Narrative
    target_date: Annotated[date, Bound(not_before=OCCURRED)]
    aims: TellingAims = ()
    """What it is to bring about."""


class Responsible(StrEnum):
    """Who takes a step."""

    PARTICIPANT = "participant"
    KEY_WORKER = "key-worker"
    GUARDIAN = "guardian"
    PARTNER = "partner"


class Step(Word):
    """Something to be done for a goal, and who does it."""

    step_id: StepId
    goal_id: GoalId
    description: Narrative
    responsible: Responsible
    responsible_person: PersonCode | None = None
    """The member of staff, where it is one."""
    due_on: Annotated[date | None, Bound(not_before=OCCURRED)] = None


class StepStatus(StrEnum):
    """How far a step has come."""

    TO_DO = "to-do"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    DROPPED = "dropped"


class GoalOutcome(StrEnum):
    """How a goal stands. A figure is made of it only where outcomes are reported, never here."""

    ACHIEVED = "achieved"
    PARTIAL = "partial"
    NOT = "not"


class GoalProgress(Word):
    """How a goal stands."""

    goal_id: GoalId
    outcome: GoalOutcome
    note: Narrative


class ReviewOutcome(StrEnum):
    """What a review did to the plan."""

    KEPT = "kept"
    CHANGED = "changed"


class ClosedAs(StrEnum):
    """How a plan came to its end."""

    ACHIEVED = "achieved"
    ENDED = "ended"


# --- events -----------------------------------------------------------------------------------------------


class IrpDraftStarted(Event):
    """Key workers and a young person began to form a plan."""

    TITLE = "Plan drafted: version {plan_version}"
    type: Literal["irp.draft-started"] = "irp.draft-started"
    plan_version: PositiveInt
    supersedes: IrpId | None = None
    """The version before this one, which stays in force until this one is agreed to."""
    contributors: Contributors


class NeedIdentified(IdentifiedEvent, Need):
    """A need became clear from the young person's story or from an assessment."""

    TITLE = "Need identified: {priority}"
    type: Literal["irp.need-identified"] = "irp.need-identified"


class GoalAdded(Event, Goal):
    """The plan gained a goal that answers a need."""

    TITLE = "Goal added: to be reached by {target_date}"
    type: Literal["irp.goal-added"] = "irp.goal-added"


class GoalRemoved(DecisionEvent):
    """Somebody decided, with the young person, not to pursue a goal any more."""

    TITLE = "Goal removed: it is not pursued any more"
    type: Literal["irp.goal-removed"] = "irp.goal-removed"
    goal_id: GoalId


class StepAdded(Event, Step):
    """A goal gained a step: something to be done, and who does it."""

    TITLE = "Step added: to be taken by the {responsible}"
    type: Literal["irp.step-added"] = "irp.step-added"


class StepStatusChanged(Event):
    """A step was begun, done, dropped or taken up again."""

    TITLE = "Step status changed: {status}"
    type: Literal["irp.step-status-changed"] = "irp.step-status-changed"
    step_id: StepId
    status: StepStatus
    note: Narrative | None = None


class IrpProposed(Event):
    """The key workers put the plan to the young person, on the foundation named here."""

    TITLE = "Plan proposed to the participant"
    type: Literal["irp.proposed"] = "irp.proposed"
    boundaries_agreed: EventId
    story_confirmed: EventId
    assessments: SomeEvents
    contributors: Contributors


class IrpAgreedByParticipant(Event):
    """The young person agreed to the plan. From here on it counts as created."""

    TITLE = "Plan agreed to by the participant"
    type: Literal["irp.agreed-by-participant"] = "irp.agreed-by-participant"
    in_their_words: Narrative


class IrpAgreementDeclined(Event):
    """The young person did not agree to the plan, and said why."""

    TITLE = "Plan declined by the participant"
    type: Literal["irp.agreement-declined"] = "irp.agreement-declined"
    in_their_words: Narrative


class IrpApproved(DecisionEvent, ByCompetence):
    """Somebody answerable approved what the young person had agreed to."""

    TITLE = "Plan approved"
    type: Literal["irp.approved"] = "irp.approved"


class IrpStarted(Event):
    """Work on the plan began."""

    TITLE = "Plan started: next review on {next_review_on}"
    type: Literal["irp.started"] = "irp.started"
    next_review_on: NextReview


class GoalProgressRecorded(IdentifiedEvent, GoalProgress):
    """Somebody looked at a goal and wrote down how it stands."""

    TITLE = "Goal progress recorded: {outcome}"
    type: Literal["irp.goal-progress-recorded"] = "irp.goal-progress-recorded"


class GoalAchieved(DecisionEvent, IdentifiedEvent):
    """Somebody decided, with the young person, that a goal is reached."""

    TITLE = "Goal achieved"
    type: Literal["irp.goal-achieved"] = "irp.goal-achieved"
    goal_id: GoalId


class IrpReviewStarted(Event):
    """Key workers and the young person sat down to look at the plan again."""

    TITLE = "Plan review started: {reason}"
    type: Literal["irp.review-started"] = "irp.review-started"
    reason: Code
    """Why now, such as `due`, `asked-by-participant`, `circumstances-changed`."""


class IrpReviewed(DecisionEvent):
    """A review ended: the plan was kept, or it changed and is put to the young person again."""

    TITLE = "Plan review concluded: {outcome}; next review on {next_review_on}"
    type: Literal["irp.reviewed"] = "irp.reviewed"
    outcome: ReviewOutcome
    next_review_on: NextReview


class IrpClosed(DecisionEvent):
    """Nothing more will be done under the plan."""

    TITLE = "Plan closed: {outcome}"
    type: Literal["irp.closed"] = "irp.closed"
    outcome: ClosedAs


class IrpSuperseded(Event):
    """A later version of the plan was agreed to and took its place: both were recorded together."""

    TITLE = "Plan superseded by a later version: {by}"
    type: Literal["irp.superseded"] = "irp.superseded"
    by: IrpId


IrpEvent: TypeAlias = (
    IrpDraftStarted
    | NeedIdentified
    | GoalAdded
    | GoalRemoved
    | StepAdded
    | StepStatusChanged
    | IrpProposed
    | IrpAgreedByParticipant
    | IrpAgreementDeclined
    | IrpApproved
    | IrpStarted
    | GoalProgressRecorded
    | GoalAchieved
    | IrpReviewStarted
    | IrpReviewed
    | IrpClosed
    | IrpSuperseded
)
EVENTS: tuple[type[IrpEvent], ...] = members(IrpEvent)
