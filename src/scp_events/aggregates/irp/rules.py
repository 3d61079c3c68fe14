"""An IRP (Individual Rehabilitation Plan): what a young person and their key workers set out to do.

    not formed -> drafting -> proposed -> agreed -> (approved) -> active <-> under review
               -> closed (achieved | ended) | superseded by the next version

The plan is *created* (S2.11) when the participant agrees to it. Approval is optional. `IrpStarted` makes it
active and says when it is reviewed first. Needs, goals and steps change while the plan is drafted or under
review. A review that changed them proposes the plan to the participant again; once they agree it is active
again. Who declines is taken at their word: a first plan goes back to drafting, a changed one back to review.

A closed or superseded plan does not change. What was recorded of it can still be corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, NewType, TypeAlias, assert_never
from uuid import UUID

from pydantic import AwareDatetime, Field, PositiveInt

from scp_events.vocabulary import (
    Code,
    Command,
    CorrectableEvent,
    CorrectionEvent,
    DecisionCommand,
    DecisionEvent,
    Event,
    EventId,
    Gathered,
    IrpId,
    Narrative,
    ParticipantId,
    PersonCode,
    Refused,
    Stream,
    TellingCode,
    Word,
    members,
    replace,
)

NeedId = NewType("NeedId", UUID)
GoalId = NewType("GoalId", UUID)
StepId = NewType("StepId", UUID)

SomeEvents = Annotated[tuple[EventId, ...], Field(min_length=1)]
Contributors = Annotated[tuple[PersonCode, ...], Field(min_length=1)]
"""The key workers whose engagement with the young person the plan comes from."""

# --- events -----------------------------------------------------------------------------------------------


class IrpDraftStarted(Event):
    """Key workers and a young person began to form a plan."""

    type: Literal["irp.draft-started"] = "irp.draft-started"
    participant_id: ParticipantId
    plan_version: PositiveInt
    supersedes: IrpId | None = None
    """The version before this one, which stays in force until it is superseded."""
    contributors: Contributors


class Priority(StrEnum):
    """How much a need matters: the plan helps with key needs first, not with everything at once."""

    KEY = "key"
    IMPORTANT = "important"
    LATER = "later"


class NeedIdentified(CorrectableEvent):
    """A need became clear from the young person's story or from an assessment."""

    type: Literal["irp.need-identified"] = "irp.need-identified"
    need_id: NeedId
    domain: TellingCode
    """The area of life, such as `housing`, `work`, `debts`, `mental-health`."""
    description: Narrative
    evidence: SomeEvents
    """The events the need was seen in: what was told, assessed or observed."""
    priority: Priority


class NeedCorrected(CorrectionEvent):
    """What was said about a need was wrong; this is what it should have said."""

    type: Literal["irp.need-corrected"] = "irp.need-corrected"
    need_id: NeedId
    domain: TellingCode
    description: Narrative
    evidence: SomeEvents
    priority: Priority


class GoalAdded(Event):
    """The plan gained a goal that answers a need."""

    type: Literal["irp.goal-added"] = "irp.goal-added"
    goal_id: GoalId
    need_id: NeedId
    description: Narrative
    target_date: date


class GoalRemoved(DecisionEvent):
    """Somebody decided, with the young person, not to pursue a goal any more."""

    type: Literal["irp.goal-removed"] = "irp.goal-removed"
    goal_id: GoalId


class Responsible(StrEnum):
    """Who takes a step."""

    PARTICIPANT = "participant"
    KEY_WORKER = "key-worker"
    GUARDIAN = "guardian"
    PARTNER = "partner"


class StepAdded(Event):
    """A goal gained a step: something to be done, and who does it."""

    type: Literal["irp.step-added"] = "irp.step-added"
    step_id: StepId
    goal_id: GoalId
    description: Narrative
    responsible: Responsible
    responsible_person: PersonCode | None = None
    """The member of staff, where it is one."""
    due_on: date | None = None


class StepStatus(StrEnum):
    """How far a step has come."""

    TO_DO = "to-do"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    DROPPED = "dropped"


class StepStatusChanged(Event):
    """A step was begun, done, dropped or taken up again."""

    type: Literal["irp.step-status-changed"] = "irp.step-status-changed"
    step_id: StepId
    status: StepStatus
    note: Narrative | None = None


class IrpProposed(Event):
    """The key workers put the plan to the young person, on the foundation named here."""

    type: Literal["irp.proposed"] = "irp.proposed"
    boundaries_agreed: EventId
    story_confirmed: EventId
    assessments: SomeEvents
    contributors: Contributors


class IrpAgreedByParticipant(Event):
    """The young person agreed to the plan. From here on it counts as created."""

    type: Literal["irp.agreed-by-participant"] = "irp.agreed-by-participant"
    in_their_words: Narrative


class IrpAgreementDeclined(Event):
    """The young person did not agree to the plan, and said why."""

    type: Literal["irp.agreement-declined"] = "irp.agreement-declined"
    in_their_words: Narrative


class IrpApproved(DecisionEvent):
    """Somebody answerable approved what the young person had agreed to."""

    type: Literal["irp.approved"] = "irp.approved"


class IrpStarted(Event):
    """Work on the plan began."""

    type: Literal["irp.started"] = "irp.started"
    next_review_on: date


class GoalOutcome(StrEnum):
    """How a goal stands. A figure is made of it only where outcomes are reported, never here."""

    ACHIEVED = "achieved"
    PARTIAL = "partial"
    NOT = "not"


class GoalProgressRecorded(CorrectableEvent):
    """Somebody looked at a goal and wrote down how it stands."""

    type: Literal["irp.goal-progress-recorded"] = "irp.goal-progress-recorded"
    goal_id: GoalId
    outcome: GoalOutcome
    note: Narrative


class GoalProgressCorrected(CorrectionEvent):
    """What was written about a goal's progress was wrong; this is what it should have said."""

    type: Literal["irp.goal-progress-corrected"] = "irp.goal-progress-corrected"
    goal_id: GoalId
    outcome: GoalOutcome
    note: Narrative


class GoalProgressRetracted(CorrectionEvent):
    """What was written about a goal's progress should not have been written at all."""

    type: Literal["irp.goal-progress-retracted"] = "irp.goal-progress-retracted"


class GoalAchieved(DecisionEvent, CorrectableEvent):
    """Somebody decided, with the young person, that a goal is reached."""

    type: Literal["irp.goal-achieved"] = "irp.goal-achieved"
    goal_id: GoalId


class GoalAchievementRetracted(CorrectionEvent):
    """A goal was called reached by mistake."""

    type: Literal["irp.goal-achievement-retracted"] = "irp.goal-achievement-retracted"
    goal_id: GoalId


class IrpReviewStarted(Event):
    """Key workers and the young person sat down to look at the plan again."""

    type: Literal["irp.review-started"] = "irp.review-started"
    reason: Code
    """Why now, such as `due`, `asked-by-participant`, `circumstances-changed`."""


class ReviewOutcome(StrEnum):
    """What a review did to the plan."""

    KEPT = "kept"
    CHANGED = "changed"


class IrpReviewed(DecisionEvent):
    """A review ended: the plan was kept, or it changed and is put to the young person again."""

    type: Literal["irp.reviewed"] = "irp.reviewed"
    outcome: ReviewOutcome
    next_review_on: date


class ClosedAs(StrEnum):
    """How a plan came to its end."""

    ACHIEVED = "achieved"
    ENDED = "ended"


class IrpClosed(DecisionEvent):
    """Nothing more will be done under the plan."""

    type: Literal["irp.closed"] = "irp.closed"
    outcome: ClosedAs


class IrpSuperseded(Event):
    """The next version of the plan took its place."""

    type: Literal["irp.superseded"] = "irp.superseded"
    by: IrpId


IrpEvent: TypeAlias = (
    IrpDraftStarted
    | NeedIdentified
    | NeedCorrected
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
    | GoalProgressCorrected
    | GoalProgressRetracted
    | GoalAchieved
    | GoalAchievementRetracted
    | IrpReviewStarted
    | IrpReviewed
    | IrpClosed
    | IrpSuperseded
)
EVENTS: tuple[type[IrpEvent], ...] = members(IrpEvent)

# --- commands ---------------------------------------------------------------------------------------------


class StartIrpDraft(Command):
    """Begin a plan, or its next version. A first version supersedes nothing."""

    participant_id: ParticipantId
    plan_version: Annotated[PositiveInt, Gathered()]
    supersedes: Annotated[IrpId | None, Gathered()] = None
    contributors: Contributors


class IdentifyNeed(Command):
    """Say what the young person needs, and where that was seen."""

    event_id: EventId
    need_id: NeedId
    domain: TellingCode
    description: Narrative
    evidence: tuple[EventId, ...]
    priority: Priority


class CorrectNeed(DecisionCommand):
    """Say what should have been said about a need. `corrects` names the event that was wrong."""

    corrects: EventId
    happened_at: AwareDatetime | None = None
    domain: TellingCode
    description: Narrative
    evidence: tuple[EventId, ...]
    priority: Priority


class AddGoal(Command):
    """Answer a need with a goal."""

    goal_id: GoalId
    need_id: NeedId
    description: Narrative
    target_date: date


class RemoveGoal(DecisionCommand):
    """Give a goal up."""

    goal_id: GoalId


class AddStep(Command):
    """Say what is to be done for a goal, and who does it."""

    step_id: StepId
    goal_id: GoalId
    description: Narrative
    responsible: Responsible
    responsible_person: PersonCode | None = None
    due_on: date | None = None


class ChangeStepStatus(Command):
    """Say how far a step has come."""

    step_id: StepId
    status: StepStatus
    note: Narrative | None = None


class Evidence(Word):
    """What a plan is founded on, as `casework` found it in the participant's history; None is missing."""

    boundaries_agreed: EventId | None = None
    story_confirmed: EventId | None = None
    assessments: tuple[EventId, ...] = ()


class ProposeIrp(Command):
    """Put the plan to the young person."""

    evidence: Annotated[Evidence, Gathered()]
    contributors: Contributors


class AgreeToIrp(Command):
    """Record that the young person agrees, in their words."""

    in_their_words: Narrative


class DeclineIrp(Command):
    """Record that the young person does not agree, in their words."""

    in_their_words: Narrative


class ApproveIrp(DecisionCommand):
    """Approve what the young person agreed to."""


class StartIrp(Command):
    """Begin work on the plan, and say when it is looked at again."""

    started_on: date
    next_review_on: date


class RecordGoalProgress(Command):
    """Write down how a goal stands."""

    event_id: EventId
    goal_id: GoalId
    outcome: GoalOutcome
    note: Narrative


class CorrectGoalProgress(DecisionCommand):
    """Say what should have been written. `corrects` names the event that was wrong."""

    corrects: EventId
    happened_at: AwareDatetime | None = None
    goal_id: GoalId
    outcome: GoalOutcome
    note: Narrative


class RetractGoalProgress(DecisionCommand):
    """Take back what should not have been written. `corrects` names the event that was wrong."""

    corrects: EventId


class AchieveGoal(DecisionCommand):
    """Say that a goal is reached."""

    event_id: EventId
    goal_id: GoalId


class RetractGoalAchievement(DecisionCommand):
    """Take back that a goal is reached. `corrects` names the event that was wrong."""

    corrects: EventId


class StartIrpReview(Command):
    """Look at the plan again."""

    reason: Code


class ConcludeIrpReview(DecisionCommand):
    """Say what the review did to the plan, and when the next one is."""

    outcome: ReviewOutcome
    reviewed_on: date
    next_review_on: date


class CloseIrp(DecisionCommand):
    """Say that nothing more will be done under the plan."""

    outcome: ClosedAs


class SupersedeIrp(Command):
    """Say which later version takes the plan's place."""

    by: IrpId


IrpCommand: TypeAlias = (
    StartIrpDraft
    | IdentifyNeed
    | CorrectNeed
    | AddGoal
    | RemoveGoal
    | AddStep
    | ChangeStepStatus
    | ProposeIrp
    | AgreeToIrp
    | DeclineIrp
    | ApproveIrp
    | StartIrp
    | RecordGoalProgress
    | CorrectGoalProgress
    | RetractGoalProgress
    | AchieveGoal
    | RetractGoalAchievement
    | StartIrpReview
    | ConcludeIrpReview
    | CloseIrp
    | SupersedeIrp
)

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the plan stands."""

    NOT_FORMED = "not-formed"
    DRAFTING = "drafting"
    PROPOSED = "proposed"
    AGREED = "agreed"
    APPROVED = "approved"
    ACTIVE = "active"
    UNDER_REVIEW = "under-review"
    CLOSED = "closed"
    SUPERSEDED = "superseded"


CHANGEABLE = frozenset({Status.DRAFTING, Status.UNDER_REVIEW})
"""Here needs, goals and steps come and go."""
OVER = frozenset({Status.CLOSED, Status.SUPERSEDED})


@dataclass(frozen=True)
class State:
    """What we remember of a plan: no more than the next decision needs.

    Sets and mappings by id, rather than goals that hold their own fate: a part of the history still gives a
    state when the event that added a goal is not in that part.
    """

    status: Status = Status.NOT_FORMED
    draft: IrpDraftStarted | None = None
    started: bool = False
    approved: bool = False
    """Since the participant last agreed."""
    changed: bool = False
    """Since the participant last agreed."""
    needs: Mapping[NeedId, EventId] = field(default_factory=dict)
    """Each need, and the event that identified it."""
    goals: Mapping[GoalId, GoalAdded] = field(default_factory=dict)
    agreed: frozenset[GoalId] = frozenset()
    """The goals the participant has agreed to."""
    removed: frozenset[GoalId] = frozenset()
    steps: Mapping[StepId, StepAdded] = field(default_factory=dict)
    step_status: Mapping[StepId, StepStatus] = field(default_factory=dict)
    progress: frozenset[EventId] = frozenset()
    achievements: Mapping[EventId, GoalId] = field(default_factory=dict)
    retracted: frozenset[EventId] = frozenset()
    corrections: Mapping[EventId, NeedCorrected | GoalProgressCorrected] = field(default_factory=dict)
    """The last correction of each event that was corrected."""
    closed_as: ClosedAs | None = None
    superseded_by: IrpId | None = None

    @property
    def remaining(self) -> frozenset[GoalId]:
        """The goals of the plan as it is now."""
        return frozenset(self.goals) - self.removed

    @property
    def achieved(self) -> frozenset[GoalId]:
        """The goals called reached, and not by mistake."""
        return frozenset(goal for event, goal in self.achievements.items() if event not in self.retracted)


initial = State()


def stream(irp_id: IrpId) -> Stream:
    """Return where this plan's history lives."""
    return Stream("irp", irp_id)


def evolve(state: State, event: IrpEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case IrpDraftStarted():
            return replace(state, status=Status.DRAFTING, draft=event)
        case NeedIdentified():
            return replace(state, changed=True, needs={**state.needs, event.need_id: event.event_id})
        case GoalAdded():
            return replace(state, changed=True, goals={**state.goals, event.goal_id: event})
        case GoalRemoved():
            return replace(state, changed=True, removed=state.removed | {event.goal_id})
        case StepAdded():
            return replace(state, changed=True, steps={**state.steps, event.step_id: event})
        case StepStatusChanged():
            return replace(state, step_status={**state.step_status, event.step_id: event.status})
        case IrpProposed():
            return replace(state, status=Status.PROPOSED)
        case IrpAgreedByParticipant():
            return _agreed(state)
        case IrpAgreementDeclined():
            return replace(state, status=Status.UNDER_REVIEW if state.started else Status.DRAFTING)
        case IrpApproved():
            return replace(state, status=Status.ACTIVE if state.started else Status.APPROVED, approved=True)
        case IrpStarted():
            return replace(state, status=Status.ACTIVE, started=True)
        case GoalProgressRecorded():
            return replace(state, progress=state.progress | {event.event_id})
        case GoalAchieved():
            return replace(state, achievements={**state.achievements, event.event_id: event.goal_id})
        case NeedCorrected() | GoalProgressCorrected():
            return replace(state, corrections={**state.corrections, event.corrects: event})
        case GoalProgressRetracted() | GoalAchievementRetracted():
            return replace(state, retracted=state.retracted | {event.corrects})
        case IrpReviewStarted():
            return replace(state, status=Status.UNDER_REVIEW)
        case IrpReviewed():
            return _reviewed(state, event)
        case IrpClosed():
            return replace(state, status=Status.CLOSED, closed_as=event.outcome)
        case IrpSuperseded():
            return replace(state, status=Status.SUPERSEDED, superseded_by=event.by)
    assert_never(event)


def _agreed(state: State) -> State:
    return replace(
        state,
        status=Status.ACTIVE if state.started else Status.AGREED,
        agreed=frozenset(state.goals),
        approved=False,
        changed=False,
    )


def _reviewed(state: State, event: IrpReviewed) -> State:
    kept = event.outcome is ReviewOutcome.KEPT
    return replace(state, status=Status.ACTIVE if kept else Status.PROPOSED)


# --- the rules --------------------------------------------------------------------------------------------


def decide(state: State, command: IrpCommand) -> list[IrpEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case StartIrpDraft():
            return start_draft(state, command)
        case IdentifyNeed():
            return identify_need(state, command)
        case CorrectNeed():
            return correct_need(state, command)
        case AddGoal():
            return add_goal(state, command)
        case RemoveGoal():
            return remove_goal(state, command)
        case AddStep():
            return add_step(state, command)
        case ChangeStepStatus():
            return change_step_status(state, command)
        case ProposeIrp():
            return propose(state, command)
        case AgreeToIrp():
            return agree(state, command)
        case DeclineIrp():
            return decline(state, command)
        case ApproveIrp():
            return approve(state, command)
        case StartIrp():
            return start(state, command)
        case RecordGoalProgress():
            return record_progress(state, command)
        case CorrectGoalProgress():
            return correct_progress(state, command)
        case RetractGoalProgress():
            return retract_progress(state, command)
        case AchieveGoal():
            return achieve_goal(state, command)
        case RetractGoalAchievement():
            return retract_achievement(state, command)
        case StartIrpReview():
            return start_review(state, command)
        case ConcludeIrpReview():
            return conclude_review(state, command)
        case CloseIrp():
            return close(state, command)
        case SupersedeIrp():
            return supersede(state, command)
    assert_never(command)


def start_draft(state: State, command: StartIrpDraft) -> list[IrpEvent]:
    """A plan is drafted once; every version but the first names the one it supersedes."""
    draft = IrpDraftStarted(
        participant_id=command.participant_id,
        plan_version=command.plan_version,
        supersedes=command.supersedes,
        contributors=command.contributors,
    )
    if state.draft == draft:
        return []
    if state.status is not Status.NOT_FORMED:
        raise Refused("drafted-once", "this plan exists already: change it, or draft its next version")
    if (command.plan_version == 1) != (command.supersedes is None):
        raise Refused(
            "a-later-version-supersedes-the-one-before",
            f"version {command.plan_version} supersedes {command.supersedes or 'nothing'}:"
            " a first version supersedes nothing, every later one names the plan before it",
        )
    return [draft]


def identify_need(state: State, command: IdentifyNeed) -> list[IrpEvent]:
    """A need is identified once, from what was told or assessed."""
    if command.event_id in state.needs.values():
        return []
    _must_be_changeable(state, "identify a need")
    if command.need_id in state.needs:
        raise Refused(
            "a-need-is-identified-once",
            f"need {command.need_id} is known already: correct it, or give the new need its own id",
        )
    _must_have_evidence(command.evidence)
    return [
        NeedIdentified(
            event_id=command.event_id,
            need_id=command.need_id,
            domain=command.domain,
            description=command.description,
            evidence=command.evidence,
            priority=command.priority,
        ),
    ]


def correct_need(state: State, command: CorrectNeed) -> list[IrpEvent]:
    """A correction of a need names the event that identified it, and has evidence of its own."""
    identified = {event_id: need_id for need_id, event_id in state.needs.items()}
    _must_name_what_it_corrects(command.corrects, identified, "identified a need")
    _must_have_evidence(command.evidence)
    correction = NeedCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        need_id=identified[command.corrects],
        domain=command.domain,
        description=command.description,
        evidence=command.evidence,
        priority=command.priority,
    )
    return [] if state.corrections.get(command.corrects) == correction else [correction]


def add_goal(state: State, command: AddGoal) -> list[IrpEvent]:
    """Every goal answers a need that was identified."""
    goal = GoalAdded(
        goal_id=command.goal_id,
        need_id=command.need_id,
        description=command.description,
        target_date=command.target_date,
    )
    if state.goals.get(command.goal_id) == goal:
        return []
    _must_be_changeable(state, "add a goal")
    if command.goal_id in state.goals:
        raise Refused(
            "a-goal-is-added-once",
            f"goal {command.goal_id} says something else already: remove it and add another",
        )
    if command.need_id not in state.needs:
        raise Refused(
            "a-goal-answers-a-need",
            f"need {command.need_id} is not in this plan: identify it first, with its evidence",
        )
    return [goal]


def remove_goal(state: State, command: RemoveGoal) -> list[IrpEvent]:
    """A goal can be given up while the plan is changeable, unless it is achieved."""
    if command.goal_id in state.removed:
        return []
    _must_be_changeable(state, "remove a goal")
    _must_be_pursued(state, command.goal_id)
    if command.goal_id in state.achieved:
        raise Refused(
            "an-achieved-goal-stays",
            f"goal {command.goal_id} is achieved: leave it in the plan,"
            " or retract the achievement if it was a mistake",
        )
    return [GoalRemoved(decision=command.decision, goal_id=command.goal_id)]


def add_step(state: State, command: AddStep) -> list[IrpEvent]:
    """Every step serves a goal of the plan."""
    step = StepAdded(
        step_id=command.step_id,
        goal_id=command.goal_id,
        description=command.description,
        responsible=command.responsible,
        responsible_person=command.responsible_person,
        due_on=command.due_on,
    )
    if state.steps.get(command.step_id) == step:
        return []
    _must_be_changeable(state, "add a step")
    if command.step_id in state.steps:
        raise Refused(
            "a-step-is-added-once",
            f"step {command.step_id} says something else already: drop it and add another",
        )
    _must_be_pursued(state, command.goal_id)
    return [step]


def change_step_status(state: State, command: ChangeStepStatus) -> list[IrpEvent]:
    """A step is begun once its goal is agreed; it can be dropped before."""
    if command.step_id in state.steps and _status_of(state, command.step_id) is command.status:
        return []
    _must_be_open(state)
    if command.step_id not in state.steps:
        raise Refused("an-existing-step", f"step {command.step_id} is not in this plan: add it first")
    goal_id = state.steps[command.step_id].goal_id
    _must_be_pursued(state, goal_id)
    if command.status in (StepStatus.IN_PROGRESS, StepStatus.DONE):
        _must_be_agreed(state, goal_id)
    return [StepStatusChanged(step_id=command.step_id, status=command.status, note=command.note)]


def _status_of(state: State, step_id: StepId) -> StepStatus:
    return state.step_status.get(step_id, StepStatus.TO_DO)


def propose(state: State, command: ProposeIrp) -> list[IrpEvent]:
    """Boundaries are agreed, the story is confirmed and needs are assessed before a plan is proposed."""
    if state.status is not Status.DRAFTING:
        raise Refused("a-draft-is-proposed", f"the plan is {state.status}: only a draft is proposed")
    evidence = command.evidence
    if evidence.boundaries_agreed is None:
        raise Refused(
            "boundaries-first",
            "no agreement on boundaries was found: agree them with the young person, both sides, first",
        )
    if evidence.story_confirmed is None:
        raise Refused(
            "story-before-plan",
            "the young person has not confirmed that their story was understood:"
            " hear it, and have them confirm it, first",
        )
    if not evidence.assessments:
        raise Refused("assessment-before-plan", "no assessment was found: complete one first")
    _must_have_a_goal(state)
    return [
        IrpProposed(
            boundaries_agreed=evidence.boundaries_agreed,
            story_confirmed=evidence.story_confirmed,
            assessments=evidence.assessments,
            contributors=command.contributors,
        ),
    ]


def agree(state: State, command: AgreeToIrp) -> list[IrpEvent]:
    """A proposed plan is agreed to by the young person."""
    _must_be_proposed(state)
    return [IrpAgreedByParticipant(in_their_words=command.in_their_words)]


def decline(state: State, command: DeclineIrp) -> list[IrpEvent]:
    """A proposed plan can be declined; a first plan goes back to drafting, a changed one back to review."""
    _must_be_proposed(state)
    return [IrpAgreementDeclined(in_their_words=command.in_their_words)]


def approve(state: State, command: ApproveIrp) -> list[IrpEvent]:
    """What the young person agreed to can be approved, once for each agreement."""
    if state.approved and state.status in (Status.APPROVED, Status.ACTIVE):
        return []
    if state.status not in (Status.AGREED, Status.ACTIVE):
        raise Refused(
            "agreed-before-approved", f"the plan is {state.status}: the young person agrees to it first"
        )
    return [IrpApproved(decision=command.decision)]


def start(state: State, command: StartIrp) -> list[IrpEvent]:
    """An agreed plan is started, approved or not, with a first review ahead."""
    if state.status not in (Status.AGREED, Status.APPROVED):
        raise Refused(
            "agreed-before-started",
            f"the plan is {state.status}: it is started once, after the young person agreed to it",
        )
    _must_lie_ahead(command.next_review_on, command.started_on)
    return [IrpStarted(next_review_on=command.next_review_on)]


def record_progress(state: State, command: RecordGoalProgress) -> list[IrpEvent]:
    """Progress is recorded on goals the young person agreed to."""
    if command.event_id in state.progress:
        return []
    _must_be_open(state)
    _must_be_pursued(state, command.goal_id)
    _must_be_agreed(state, command.goal_id)
    return [
        GoalProgressRecorded(
            event_id=command.event_id, goal_id=command.goal_id, outcome=command.outcome, note=command.note
        ),
    ]


def correct_progress(state: State, command: CorrectGoalProgress) -> list[IrpEvent]:
    """A correction of progress names the record it corrects, and a goal the plan has or had."""
    _must_name_what_it_corrects(command.corrects, state.progress, "recorded progress")
    _must_not_be_retracted(state, command.corrects)
    _must_exist(state, command.goal_id)
    correction = GoalProgressCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        goal_id=command.goal_id,
        outcome=command.outcome,
        note=command.note,
    )
    return [] if state.corrections.get(command.corrects) == correction else [correction]


def retract_progress(state: State, command: RetractGoalProgress) -> list[IrpEvent]:
    """A retraction names the record it takes back; it is taken back once."""
    _must_name_what_it_corrects(command.corrects, state.progress, "recorded progress")
    if command.corrects in state.retracted:
        return []
    return [GoalProgressRetracted(decision=command.decision, corrects=command.corrects)]


def achieve_goal(state: State, command: AchieveGoal) -> list[IrpEvent]:
    """A goal the young person agreed to is achieved once."""
    if command.event_id in state.achievements or command.goal_id in state.achieved:
        return []
    _must_be_open(state)
    _must_be_pursued(state, command.goal_id)
    _must_be_agreed(state, command.goal_id)
    return [GoalAchieved(decision=command.decision, event_id=command.event_id, goal_id=command.goal_id)]


def retract_achievement(state: State, command: RetractGoalAchievement) -> list[IrpEvent]:
    """A retraction names the achievement it takes back; the goal can be achieved later."""
    _must_name_what_it_corrects(command.corrects, state.achievements, "called a goal achieved")
    if command.corrects in state.retracted:
        return []
    return [
        GoalAchievementRetracted(
            decision=command.decision,
            corrects=command.corrects,
            goal_id=state.achievements[command.corrects],
        ),
    ]


def start_review(state: State, command: StartIrpReview) -> list[IrpEvent]:
    """An active plan is reviewed."""
    if state.status is Status.UNDER_REVIEW:
        return []
    if state.status is not Status.ACTIVE:
        raise Refused(
            "an-active-plan-is-reviewed",
            f"the plan is {state.status}: only an active plan is reviewed; a draft is simply changed",
        )
    return [IrpReviewStarted(reason=command.reason)]


def conclude_review(state: State, command: ConcludeIrpReview) -> list[IrpEvent]:
    """A review says truly whether the plan changed, leaves it with a goal, and names the next review."""
    if state.status is not Status.UNDER_REVIEW:
        raise Refused("under-review-first", f"the plan is {state.status}: start a review first")
    if state.changed != (command.outcome is ReviewOutcome.CHANGED):
        raise Refused(
            "a-review-says-what-it-did",
            f"the plan {'changed' if state.changed else 'did not change'} since it was agreed,"
            f" so the review cannot say {command.outcome}: say what happened, or change the plan first",
        )
    _must_have_a_goal(state)
    _must_lie_ahead(command.next_review_on, command.reviewed_on)
    return [
        IrpReviewed(
            decision=command.decision, outcome=command.outcome, next_review_on=command.next_review_on
        ),
    ]


def close(state: State, command: CloseIrp) -> list[IrpEvent]:
    """A plan may end at any time; it is achieved when it is active and every remaining goal is achieved."""
    if state.status is Status.CLOSED and state.closed_as is command.outcome:
        return []
    _must_be_open(state)
    if command.outcome is ClosedAs.ACHIEVED:
        _must_be_achieved(state)
    return [IrpClosed(decision=command.decision, outcome=command.outcome)]


def supersede(state: State, command: SupersedeIrp) -> list[IrpEvent]:
    """A plan is superseded once, by its next version."""
    if state.status is Status.SUPERSEDED and state.superseded_by == command.by:
        return []
    _must_be_open(state)
    return [IrpSuperseded(by=command.by)]


def _must_be_open(state: State) -> None:
    if state.status is Status.NOT_FORMED:
        raise Refused("drafted-first", "there is no plan yet: start its draft first")
    if state.status in OVER:
        raise Refused(
            "nothing-changes-after-the-end",
            f"the plan is {state.status}: correct its record, or work with the version in force",
        )


def _must_be_changeable(state: State, doing: str) -> None:
    _must_be_open(state)
    if state.status not in CHANGEABLE:
        raise Refused(
            "a-plan-changes-in-drafting-or-review",
            f"cannot {doing}: the plan is {state.status}; an active plan is changed in a review,"
            " a proposed one after the young person declined it",
        )


def _must_be_proposed(state: State) -> None:
    _must_be_open(state)
    if state.status is not Status.PROPOSED:
        raise Refused(
            "a-proposed-plan-is-agreed",
            f"the plan is {state.status}: the young person answers a plan that was proposed to them",
        )


def _must_exist(state: State, goal_id: GoalId) -> None:
    if goal_id not in state.goals:
        raise Refused("an-existing-goal", f"goal {goal_id} is not in this plan: add it first")


def _must_be_pursued(state: State, goal_id: GoalId) -> None:
    _must_exist(state, goal_id)
    if goal_id in state.removed:
        raise Refused(
            "a-removed-goal-is-not-pursued", f"goal {goal_id} was removed: add it anew in a review first"
        )


def _must_be_agreed(state: State, goal_id: GoalId) -> None:
    if goal_id not in state.agreed:
        raise Refused(
            "agreed-before-worked-on",
            f"the young person has not agreed to goal {goal_id}:"
            " propose the plan and record their answer first",
        )


def _must_be_achieved(state: State) -> None:
    if state.status is not Status.ACTIVE:
        raise Refused(
            "an-active-plan-is-achieved",
            f"the plan is {state.status}: start it or finish its review first, or close it as ended",
        )
    missing = state.remaining - state.achieved
    if missing:
        raise Refused(
            "achieved-when-every-goal-is",
            f"goal {min(missing)} is not achieved: achieve it, remove it in a review, or close as ended",
        )


def _must_have_a_goal(state: State) -> None:
    if not state.remaining:
        raise Refused(
            "a-plan-has-a-goal",
            "the plan has no goal: add at least one that answers a need, or close the plan",
        )


def _must_have_evidence(evidence: tuple[EventId, ...]) -> None:
    if not evidence:
        raise Refused(
            "a-need-traces-to-evidence",
            "the need names no evidence: name the story, assessment or contact it was seen in",
        )


def _must_lie_ahead(next_review_on: date, day: date) -> None:
    if next_review_on <= day:
        raise Refused(
            "the-next-review-lies-ahead",
            f"the next review on {next_review_on.isoformat()} is not after {day.isoformat()}:"
            " name a later day",
        )


def _must_name_what_it_corrects(
    corrects: EventId, known: Mapping[EventId, object] | frozenset[EventId], what: str
) -> None:
    if corrects not in known:
        raise Refused(
            "a-correction-names-what-it-corrects",
            f"event {corrects} is not one that {what} in this plan: name one that did",
        )


def _must_not_be_retracted(state: State, event_id: EventId) -> None:
    if event_id in state.retracted:
        raise Refused(
            "what-was-retracted-stays-retracted", f"event {event_id} was retracted: record the progress anew"
        )
