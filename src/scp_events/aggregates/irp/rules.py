"""An IRP (Individual Rehabilitation Plan): the rules.

    not formed -> drafting -> proposed -> agreed -> (approved) -> active <-> under review
               -> closed (achieved | ended) | superseded by a later version

The plan is *created* (S2.11) when the participant agrees to it: the versions before it are superseded in the
same moment. Approval is optional. `IrpStarted` makes it active and says when it is reviewed first. Needs,
goals and steps change while the plan is drafted or under review. A review that changed them proposes the
plan to the participant again; once they agree it is active again. Who declines is taken at their word: a
first plan goes back to drafting, a changed one back to review.

A closed or superseded plan does not change. What was recorded of it can still be corrected. Nothing personal
is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from scp_events.aggregates.irp.commands import (
    AchieveGoal,
    AddGoal,
    AddStep,
    AgreeToIrp,
    ApproveIrp,
    ChangeStepStatus,
    CloseIrp,
    ConcludeIrpReview,
    DeclineIrp,
    IdentifyNeed,
    IrpCommand,
    ProposeIrp,
    RecordGoalProgress,
    RemoveGoal,
    StartIrp,
    StartIrpDraft,
    StartIrpReview,
)
from scp_events.aggregates.irp.events import (
    ClosedAs,
    GoalAchieved,
    GoalAdded,
    GoalId,
    GoalProgressRecorded,
    GoalRemoved,
    IrpAgreedByParticipant,
    IrpAgreementDeclined,
    IrpApproved,
    IrpClosed,
    IrpDraftStarted,
    IrpEvent,
    IrpProposed,
    IrpReviewed,
    IrpReviewStarted,
    IrpStarted,
    IrpSuperseded,
    NeedId,
    NeedIdentified,
    ReviewOutcome,
    StepAdded,
    StepId,
    StepStatus,
    StepStatusChanged,
)
from scp_events.aggregates.irp.evidence import Agreements, Foundation, Versions
from scp_events.aggregates.practitioner.events import must_be_competent
from scp_events.vocabulary import (
    Context,
    Elsewhere,
    IrpId,
    Refused,
    Word,
    replace,
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
ENDED = frozenset({Status.CLOSED, Status.SUPERSEDED})


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs.

    Sets and mappings by id, rather than goals that hold their own fate: a part of the history still gives a
    state when the event that added a goal is not in that part.
    """

    status: Status = Status.NOT_FORMED
    plan_version: int = 0
    supersedes: IrpId | None = None
    started: bool = False
    approved: bool = False
    """Since the participant last agreed."""
    changed: bool = False
    """Since the participant last agreed."""
    needs: frozenset[NeedId] = frozenset()
    goals: frozenset[GoalId] = frozenset()
    agreed: frozenset[GoalId] = frozenset()
    """The goals the participant has agreed to."""
    removed: frozenset[GoalId] = frozenset()
    achieved: frozenset[GoalId] = frozenset()
    steps: Mapping[StepId, GoalId] = field(default_factory=dict)
    step_status: Mapping[StepId, StepStatus] = field(default_factory=dict)
    closed_as: ClosedAs | None = None
    superseded_by: IrpId | None = None

    @property
    def remaining(self) -> frozenset[GoalId]:
        """The goals of the plan as it is now."""
        return self.goals - self.removed


initial = State()


class View(Word):
    """What others may read of a plan."""

    status: Status
    plan_version: int
    supersedes: IrpId | None
    superseded_by: IrpId | None
    closed_as: ClosedAs | None
    goals: frozenset[GoalId]
    """Those that are pursued."""
    achieved: frozenset[GoalId]
    steps: Mapping[StepId, StepStatus]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        status=state.status,
        plan_version=state.plan_version,
        supersedes=state.supersedes,
        superseded_by=state.superseded_by,
        closed_as=state.closed_as,
        goals=state.remaining,
        achieved=state.achieved,
        steps={step: _status_of(state, step) for step in state.steps},
    )


def evolve(state: State, event: IrpEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case IrpDraftStarted():
            return replace(
                state,
                status=Status.DRAFTING,
                plan_version=event.plan_version,
                supersedes=event.supersedes,
            )
        case NeedIdentified():
            return replace(state, changed=True, needs=state.needs | {event.need_id})
        case GoalAdded():
            return replace(state, changed=True, goals=state.goals | {event.goal_id})
        case GoalRemoved():
            return replace(state, changed=True, removed=state.removed | {event.goal_id})
        case StepAdded():
            return replace(state, changed=True, steps={**state.steps, event.step_id: event.goal_id})
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
            return state
        case GoalAchieved():
            return replace(state, achieved=state.achieved | {event.goal_id})
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
        agreed=state.goals,
        approved=False,
        changed=False,
    )


def _reviewed(state: State, event: IrpReviewed) -> State:
    kept = event.outcome is ReviewOutcome.KEPT
    return replace(state, status=Status.ACTIVE if kept else Status.PROPOSED)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: IrpCommand, context: Context) -> Sequence[IrpEvent | Elsewhere]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case StartIrpDraft():
            return start_draft(state, command, context)
        case IdentifyNeed():
            return identify_need(state, command, context)
        case AddGoal():
            return add_goal(state, command, context)
        case RemoveGoal():
            return remove_goal(state, command, context)
        case AddStep():
            return add_step(state, command, context)
        case ChangeStepStatus():
            return change_step_status(state, command, context)
        case ProposeIrp():
            return propose(state, command, context)
        case AgreeToIrp():
            return agree(state, command, context)
        case DeclineIrp():
            return decline(state, command, context)
        case ApproveIrp():
            return approve(state, command, context)
        case StartIrp():
            return start(state, command, context)
        case RecordGoalProgress():
            return record_progress(state, command, context)
        case AchieveGoal():
            return achieve_goal(state, command, context)
        case StartIrpReview():
            return start_review(state, command, context)
        case ConcludeIrpReview():
            return conclude_review(state, command, context)
        case CloseIrp():
            return close(state, command, context)
    assert_never(command)


# --- the rules: forming the plan --------------------------------------------------------------------------


def start_draft(state: State, command: StartIrpDraft, context: Context) -> list[IrpEvent]:
    """A plan is drafted once; it follows the last version there was."""
    if state.status is not Status.NOT_FORMED:
        raise Refused(
            "already-drafted",
            f"this plan is {state.status}: change it, or draft its next version with `start-irp-draft`",
        )
    versions: Versions = context.evidence
    return [
        command.fact(
            context.by,
            plan_version=versions.next_number(context.stream),
            supersedes=versions.before(context.stream),
        )
    ]


def identify_need(state: State, command: IdentifyNeed, context: Context) -> list[IrpEvent]:
    """A need is identified once, from what was told or assessed."""
    _must_be_changeable(state, "identify a need")
    if command.need_id in state.needs:
        raise Refused(
            "need-already-identified",
            f"need {command.need_id} is known already: `correct` it, or give the new need its own `need_id`",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def add_goal(state: State, command: AddGoal, context: Context) -> list[IrpEvent]:
    """Every goal answers a need that was identified, and is added once."""
    _must_be_changeable(state, "add a goal")
    if command.goal_id in state.goals:
        raise Refused(
            "goal-already-added",
            f"goal {command.goal_id} is in this plan already: `correct` it, or give the new goal its own"
            " `goal_id`",
        )
    if command.need_id not in state.needs:
        raise Refused(
            "unknown-need",
            f"need {command.need_id} is not in this plan: `identify-need` first, with its evidence",
        )
    return [command.fact(context.by)]


def remove_goal(state: State, command: RemoveGoal, context: Context) -> list[IrpEvent]:
    """A goal can be given up while the plan is changeable, unless it is achieved."""
    if command.goal_id in state.removed:
        return []
    _must_be_changeable(state, "remove a goal")
    _must_be_pursued(state, command.goal_id)
    if command.goal_id in state.achieved:
        raise Refused(
            "goal-achieved",
            f"goal {command.goal_id} is achieved: leave it in the plan,"
            " or `retract` the achievement if it was recorded in error",
        )
    return [command.fact(context.by)]


def add_step(state: State, command: AddStep, context: Context) -> list[IrpEvent]:
    """Every step serves a goal of the plan, and is added once."""
    _must_be_changeable(state, "add a step")
    if command.step_id in state.steps:
        raise Refused(
            "step-already-added",
            f"step {command.step_id} is in this plan already: `correct` it, or give the new step its own"
            " `step_id`",
        )
    _must_be_pursued(state, command.goal_id)
    return [command.fact(context.by)]


def change_step_status(state: State, command: ChangeStepStatus, context: Context) -> list[IrpEvent]:
    """A step is begun once its goal is agreed; it can be dropped before."""
    if command.step_id in state.steps and _status_of(state, command.step_id) is command.status:
        return []
    _must_be_open(state)
    if command.step_id not in state.steps:
        raise Refused("unknown-step", f"step {command.step_id} is not in this plan: `add-step` first")
    goal_id = state.steps[command.step_id]
    _must_be_pursued(state, goal_id)
    if command.status in (StepStatus.IN_PROGRESS, StepStatus.DONE):
        _must_be_agreed(state, goal_id)
    return [command.fact(context.by)]


def _status_of(state: State, step_id: StepId) -> StepStatus:
    return state.step_status.get(step_id, StepStatus.TO_DO)


# --- the rules: proposing and agreeing --------------------------------------------------------------------


def propose(state: State, command: ProposeIrp, context: Context) -> list[IrpEvent]:
    """Boundaries are agreed, the story is confirmed and needs are assessed before a plan is proposed."""
    if state.status is not Status.DRAFTING:
        raise Refused("not-a-draft", f"the plan is {state.status}: only a draft is proposed")
    founded: Foundation = context.evidence
    if founded.boundaries_agreed is None:
        raise Refused(
            "boundaries-not-agreed",
            "no boundaries were agreed by then, in the present engagement: `agree-boundaries` first",
        )
    if founded.story_confirmed is None:
        raise Refused(
            "story-not-confirmed",
            "the young person had not confirmed that their story was understood: hear it, and"
            " `confirm-story` first",
        )
    if not founded.assessments:
        raise Refused("not-assessed", "no assessment was completed by then: `complete-assessment` first")
    _must_have_a_goal(state)
    return [
        command.fact(
            context.by,
            boundaries_agreed=founded.boundaries_agreed,
            story_confirmed=founded.story_confirmed,
            assessments=founded.assessments,
        )
    ]


def agree(state: State, command: AgreeToIrp, context: Context) -> list[IrpEvent | Elsewhere]:
    """A proposed plan is agreed to by the young person; it takes the place of every earlier version."""
    _must_be_proposed(state)
    versions: Versions = context.evidence
    earlier = versions.to_supersede(context.stream, state.plan_version)
    superseded = IrpSuperseded(by=IrpId(context.stream.id))
    return [
        command.fact(context.by),
        *(Elsewhere(stream, context.case_id, superseded) for stream in earlier),
    ]


def decline(state: State, command: DeclineIrp, context: Context) -> list[IrpEvent]:
    """A proposed plan can be declined; a first plan goes back to drafting, a changed one back to review."""
    _must_be_proposed(state)
    return [command.fact(context.by)]


def approve(state: State, command: ApproveIrp, context: Context) -> list[IrpEvent]:
    """What the young person agreed to is approved by somebody competent, once for each agreement (S1.12)."""
    if state.approved and state.status in (Status.APPROVED, Status.ACTIVE):
        return []
    if state.status not in (Status.AGREED, Status.ACTIVE):
        raise Refused("not-agreed", f"the plan is {state.status}: `agree-to-irp` first")
    agreements: Agreements = context.evidence
    competence = must_be_competent(agreements.credentials, context.policy.credential_to_approve_irp, context)
    grounds = command.relying_on(agreements.of(context.stream))
    return [grounds.fact(context.by, competence=competence)]


def start(state: State, command: StartIrp, context: Context) -> list[IrpEvent]:
    """An agreed plan is started, approved or not, with a first review ahead."""
    if state.status not in (Status.AGREED, Status.APPROVED):
        raise Refused(
            "not-agreed",
            f"the plan is {state.status}: it is started once, after the young person's `agree-to-irp`",
        )
    return [command.fact(context.by)]


# --- the rules: working on goals --------------------------------------------------------------------------


def record_progress(state: State, command: RecordGoalProgress, context: Context) -> list[IrpEvent]:
    """Progress is recorded on goals the young person agreed to."""
    _must_be_open(state)
    _must_be_pursued(state, command.goal_id)
    _must_be_agreed(state, command.goal_id)
    return [command.fact(context.by, event_id=context.event_id)]


def achieve_goal(state: State, command: AchieveGoal, context: Context) -> list[IrpEvent]:
    """A goal the young person agreed to is achieved once."""
    if command.goal_id in state.achieved:
        return []
    _must_be_open(state)
    _must_be_pursued(state, command.goal_id)
    _must_be_agreed(state, command.goal_id)
    return [command.fact(context.by, event_id=context.event_id)]


# --- the rules: reviews and the end -----------------------------------------------------------------------


def start_review(state: State, command: StartIrpReview, context: Context) -> list[IrpEvent]:
    """An active plan is reviewed."""
    if state.status is Status.UNDER_REVIEW:
        return []
    if state.status is not Status.ACTIVE:
        raise Refused(
            "not-active",
            f"the plan is {state.status}: only an active plan is reviewed; a draft is simply changed",
        )
    return [command.fact(context.by)]


def conclude_review(state: State, command: ConcludeIrpReview, context: Context) -> list[IrpEvent]:
    """A review says truly whether the plan changed, and leaves it with a goal."""
    if state.status is not Status.UNDER_REVIEW:
        raise Refused("not-under-review", f"the plan is {state.status}: `start-irp-review` first")
    if state.changed != (command.outcome is ReviewOutcome.CHANGED):
        raise Refused(
            "wrong-review-outcome",
            f"the plan {'changed' if state.changed else 'did not change'} since it was agreed,"
            f" so the review cannot say {command.outcome}: give the other `outcome`, or change it first",
        )
    _must_have_a_goal(state)
    return [command.fact(context.by)]


def close(state: State, command: CloseIrp, context: Context) -> list[IrpEvent]:
    """A plan may end at any time; it is achieved when it is active and every remaining goal is achieved."""
    if state.status is Status.CLOSED and state.closed_as is command.outcome:
        return []
    _must_be_open(state)
    if command.outcome is ClosedAs.ACHIEVED:
        _must_be_achieved(state)
    return [command.fact(context.by)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_open(state: State) -> None:
    if state.status is Status.NOT_FORMED:
        raise Refused("not-drafted", "there was no plan by then: `start-irp-draft` first")
    if state.status in ENDED:
        raise Refused(
            "plan-ended",
            f"the plan was {state.status} by then: `correct` what was recorded of it, or work with the"
            " version in force",
        )


def _must_be_changeable(state: State, doing: str) -> None:
    _must_be_open(state)
    if state.status not in CHANGEABLE:
        raise Refused(
            "not-changeable",
            f"cannot {doing}: the plan is {state.status}; an active plan is changed in a review"
            " (`start-irp-review`), a proposed one after the young person declined it",
        )


def _must_be_proposed(state: State) -> None:
    _must_be_open(state)
    if state.status is not Status.PROPOSED:
        raise Refused(
            "not-proposed",
            f"the plan is {state.status}: the young person answers a plan that was proposed to them;"
            " `propose-irp` first",
        )


def _must_be_pursued(state: State, goal_id: GoalId) -> None:
    if goal_id not in state.goals:
        raise Refused("unknown-goal", f"goal {goal_id} is not in this plan: `add-goal` first")
    if goal_id in state.removed:
        raise Refused("goal-removed", f"goal {goal_id} was removed: `add-goal` with another `goal_id` first")


def _must_be_agreed(state: State, goal_id: GoalId) -> None:
    if goal_id not in state.agreed:
        raise Refused(
            "goal-not-agreed",
            f"the young person has not agreed to goal {goal_id}: `propose-irp`, and record their answer with"
            " `agree-to-irp` first",
        )


def _must_be_achieved(state: State) -> None:
    if state.status is not Status.ACTIVE:
        raise Refused(
            "not-active",
            f"the plan is {state.status}: start it or finish its review first, or close it as ended",
        )
    missing = state.remaining - state.achieved
    if missing:
        raise Refused(
            "goals-not-achieved",
            f"goal {min(missing)} is not achieved: `achieve-goal`, remove it in a review, or close the plan"
            " as ended",
        )


def _must_have_a_goal(state: State) -> None:
    if not state.remaining:
        raise Refused(
            "no-goal", "the plan has no goal: `add-goal` that answers a need, or close the plan as ended"
        )
