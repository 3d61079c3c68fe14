"""Working with a young person: the rules.

    registered -> engaging -> active <-> paused -> exited -> re-engaged -> engaging ...

Boundaries are agreed first: with them `registered` (or `re-engaged`) becomes `engaging`. `engaging` becomes
`active` once a key worker is assigned and the participant has confirmed that their story was understood; it
falls back when the story is told further, until they confirm again. The status is derived from these facts,
so it cannot contradict them. Nothing personal is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from scp_events.aggregates.engagement.commands import (
    AgreeBoundaries,
    AssignKeyWorker,
    ConfirmStory,
    DeclineBoundaries,
    EngagementCommand,
    Exit,
    HandOver,
    Pause,
    RecordChoice,
    RecordContact,
    RecordStory,
    ReEngage,
    Resume,
)
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    BoundariesDeclined,
    ChoiceRecorded,
    ContactOutcome,
    ContactRecorded,
    EngagementEvent,
    KeyWorkerAssigned,
    KeyWorkerChanged,
    ParticipantExited,
    ParticipantReEngaged,
    ParticipationPaused,
    ParticipationResumed,
    StoryConfirmed,
    StoryRecorded,
)
from scp_events.aggregates.engagement.evidence import Surroundings
from scp_events.aggregates.organisation.events import Listing, Whom, must_be_listed
from scp_events.aggregates.participant.events import must_be_present
from scp_events.policy import must_hold
from scp_events.vocabulary import (
    Actor,
    Context,
    EventId,
    PersonId,
    Refused,
    Role,
    Word,
    replace,
)

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the participant stands with the programme."""

    REGISTERED = "registered"
    ENGAGING = "engaging"
    ACTIVE = "active"
    PAUSED = "paused"
    EXITED = "exited"
    RE_ENGAGED = "re-engaged"


class Boundaries(StrEnum):
    """Whether there is an agreement on how to work together."""

    NOT_AGREED = "not agreed yet"
    AGREED = "agreed"
    DECLINED = "declined"


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    boundaries: Boundaries = Boundaries.NOT_AGREED
    paused: bool = False
    exited: bool = False
    returned: bool = False
    contacts: Mapping[EventId, ContactOutcome] = field(default_factory=dict)
    stories: tuple[EventId, ...] = ()
    story_confirmed: bool = False
    key_worker: PersonId | None = None

    @property
    def status(self) -> Status:
        """Where the participant stands: derived, so that it cannot contradict what happened."""
        if self.exited:
            return Status.EXITED
        if self.paused:
            return Status.PAUSED
        if self.boundaries is not Boundaries.AGREED:
            return Status.RE_ENGAGED if self.returned else Status.REGISTERED
        return Status.ACTIVE if self.key_worker and self.story_confirmed else Status.ENGAGING

    @property
    def held_contacts(self) -> tuple[EventId, ...]:
        """The contacts that count, in order of time."""
        return tuple(key for key, outcome in self.contacts.items() if outcome is ContactOutcome.HELD)


initial = State()


class View(Word):
    """What others may read of an engagement."""

    status: Status
    boundaries: Boundaries
    key_worker: PersonId | None
    story_confirmed: bool
    contacts: Mapping[EventId, ContactOutcome]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        status=state.status,
        boundaries=state.boundaries,
        key_worker=state.key_worker,
        story_confirmed=state.story_confirmed,
        contacts=state.contacts,
    )


def evolve(state: State, event: EngagementEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case BoundariesAgreed():
            return replace(state, boundaries=Boundaries.AGREED)
        case BoundariesDeclined():
            return replace(state, boundaries=Boundaries.DECLINED)
        case ContactRecorded():
            return replace(state, contacts={**state.contacts, event.event_id: event.outcome})
        case StoryRecorded():
            return replace(state, stories=(*state.stories, event.event_id), story_confirmed=False)
        case StoryConfirmed():
            return replace(state, story_confirmed=True)
        case ChoiceRecorded():
            return state
        case KeyWorkerAssigned():
            return replace(state, key_worker=event.key_worker.id)
        case KeyWorkerChanged():
            return replace(state, key_worker=event.to_key_worker.id)
        case ParticipationPaused():
            return replace(state, paused=True)
        case ParticipationResumed():
            return replace(state, paused=False)
        case ParticipantExited():
            return replace(state, exited=True, paused=False, key_worker=None)
        case ParticipantReEngaged():
            return replace(state, exited=False, returned=True, boundaries=Boundaries.NOT_AGREED)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: EngagementCommand, context: Context) -> list[EngagementEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    known: Surroundings = context.evidence
    must_be_present(known.presence)
    match command:
        case AgreeBoundaries():
            return agree_boundaries(state, command, context)
        case DeclineBoundaries():
            return decline_boundaries(state, command, context)
        case RecordContact():
            return record_contact(state, command, context)
        case RecordStory():
            return record_story(state, command, context)
        case ConfirmStory():
            return confirm_story(state, command, context)
        case RecordChoice():
            return record_choice(state, command, context)
        case AssignKeyWorker():
            return assign_key_worker(state, command, context)
        case HandOver():
            return hand_over(state, command, context)
        case Pause():
            return pause(state, command, context)
        case Resume():
            return resume(state, command, context)
        case Exit():
            return exit_programme(state, command, context)
        case ReEngage():
            return re_engage(state, command, context)
    assert_never(command)


# --- the rules: boundaries --------------------------------------------------------------------------------


def agree_boundaries(state: State, command: AgreeBoundaries, context: Context) -> list[EngagementEvent]:
    """Boundaries are agreed between two people, at the onset of every engagement."""
    _must_take_part(state, "agree boundaries")
    _must_not_be_agreed_already(state)
    return [command.fact(context.by, agreed_with=context.by)]


def decline_boundaries(state: State, command: DeclineBoundaries, context: Context) -> list[EngagementEvent]:
    """A participant may decline boundaries, and agree to them later."""
    _must_take_part(state, "decline boundaries")
    _must_not_be_agreed_already(state)
    return [] if state.boundaries is Boundaries.DECLINED else [command.fact(context.by)]


def _must_not_be_agreed_already(state: State) -> None:
    if state.boundaries is Boundaries.AGREED:
        raise Refused(
            "boundaries-already-agreed",
            "boundaries were agreed for this engagement: record what changed with `record-choice`",
        )


# --- the rules: contacts ----------------------------------------------------------------------------------


def record_contact(state: State, command: RecordContact, context: Context) -> list[EngagementEvent]:
    """A contact is made by a person, after boundaries, and has minutes if it was held."""
    _must_be_engaged(state, "record a contact")
    _must_be_a_person(command.made_by, "make a contact")
    if (command.outcome is ContactOutcome.HELD) != (command.held_minutes > 0):
        raise Refused(
            "minutes-of-a-held-contact",
            f"the contact is {command.outcome} with {command.held_minutes} `held_minutes`:"
            " give a held contact its minutes, and any other none",
        )
    return [command.fact(context.by, event_id=context.event_id)]


# --- the rules: the story, and what the participant chooses -----------------------------------------------


def record_story(state: State, command: RecordStory, context: Context) -> list[EngagementEvent]:
    """A story is told after boundaries; it may be told further, and is then confirmed again."""
    _must_be_engaged(state, "record a story")
    _must_be_a_person(context.by, "hear a story")
    return [command.fact(context.by, event_id=context.event_id, told_to=context.by)]


def confirm_story(state: State, command: ConfirmStory, context: Context) -> list[EngagementEvent]:
    """The participant confirms a story that was told, after enough contacts to trust those who heard it."""
    _must_be_engaged(state, "confirm the story")
    _must_be_a_person(context.by, "hear a story confirmed")
    if not state.stories:
        raise Refused("no-story", "no story was told: record it with `record-story` first")
    if state.story_confirmed:
        return []
    needed = context.policy.contacts_before_story
    if len(state.held_contacts) < needed:
        raise Refused(
            "not-enough-contacts",
            f"{len(state.held_contacts)} contacts were held by {context.when} and policy"
            f" {command.policy_version} asks for {needed}: meet the participant again before they confirm",
        )
    return [
        command.fact(context.by, confirmed_to=context.by, stories=state.stories, contacts=state.held_contacts)
    ]


def record_choice(state: State, command: RecordChoice, context: Context) -> list[EngagementEvent]:
    """The participant's choices are theirs from the agreed boundaries on."""
    _must_be_engaged(state, "record a choice")
    return [command.fact(context.by, event_id=context.event_id)]


# --- the rules: key workers -------------------------------------------------------------------------------


def assign_key_worker(state: State, command: AssignKeyWorker, context: Context) -> list[EngagementEvent]:
    """A participant has one key worker at a time."""
    _must_be_with_us(state, "assign a key worker")
    if state.key_worker == command.key_worker.id:
        return []
    if state.key_worker is not None:
        raise Refused(
            "key-worker-already-assigned",
            f"{state.key_worker} is the key worker on {context.when.day}: `hand-over` instead",
        )
    listings = _must_qualify_as_key_worker(command.key_worker, context)
    return [command.fact(context.by, listings=listings)]


def hand_over(state: State, command: HandOver, context: Context) -> list[EngagementEvent]:
    """A key worker hands over to another."""
    _must_be_with_us(state, "hand over")
    if state.key_worker is None:
        raise Refused(
            "no-key-worker",
            f"there is no key worker on {context.when.day} to hand over to {command.to_key_worker.id}:"
            " `assign-key-worker` instead",
        )
    if state.key_worker == command.to_key_worker.id:
        return []
    listings = _must_qualify_as_key_worker(command.to_key_worker, context)
    return [command.fact(context.by, from_key_worker=state.key_worker, listings=listings)]


def _must_qualify_as_key_worker(worker: Actor, context: Context) -> tuple[Listing, ...]:
    """Return how the register lists somebody who is to be a key worker; refuse who cannot be one."""
    if worker.role is not Role.KEY_WORKER or worker.kind != "human":
        raise Refused(
            "not-a-key-worker",
            f"{worker.id} is a {worker.kind} acting as {worker.role}: name a person who is a key-worker",
        )
    policy = context.policy
    must_hold(worker, policy.credential_of_key_worker, policy)
    known: Surroundings = context.evidence
    whom = Whom(worker.id, worker.organisation, frozenset({worker.role}))
    return must_be_listed(known.register, [whom], policy.register_of_members, context.when.day)


# --- the rules: taking part -------------------------------------------------------------------------------


def pause(state: State, command: Pause, context: Context) -> list[EngagementEvent]:
    """Whoever takes part may take a break."""
    if state.paused:
        return []
    _must_be_engaged(state, "pause")
    return [command.fact(context.by)]


def resume(state: State, command: Resume, context: Context) -> list[EngagementEvent]:
    """A break ends once."""
    _must_be_with_us(state, "resume")
    if not state.paused:
        raise Refused("not-paused", f"the participant is {state.status}: only a paused one resumes")
    return [command.fact(context.by)]


def exit_programme(state: State, command: Exit, context: Context) -> list[EngagementEvent]:
    """Nobody leaves without a plan for afterwards, or a stated reason why there is none."""
    if state.exited:
        return []
    if (command.exit_plan is None) == (command.exit_plan_waived_because is None):
        given = "neither" if command.exit_plan is None else "both"
        raise Refused(
            "exit-plan-missing",
            f"{given} of `exit_plan` and `exit_plan_waived_because` was given: give one of them",
        )
    return [command.fact(context.by)]


def re_engage(state: State, command: ReEngage, context: Context) -> list[EngagementEvent]:
    """Whoever left may come back: that is the second chance."""
    if not state.exited:
        raise Refused("not-exited", f"the participant is {state.status}: only an exited one comes back")
    return [command.fact(context.by)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_with_us(state: State, doing: str) -> None:
    if state.exited:
        raise Refused("exited", f"cannot {doing}: the participant had left the programme; `re-engage` first")


def _must_take_part(state: State, doing: str) -> None:
    _must_be_with_us(state, doing)
    if state.paused:
        raise Refused("paused", f"cannot {doing}: the participant took a break; `resume` first")


def _must_be_engaged(state: State, doing: str) -> None:
    _must_take_part(state, doing)
    if state.boundaries is not Boundaries.AGREED:
        raise Refused(
            "boundaries-not-agreed",
            f"cannot {doing}: boundaries were {state.boundaries} by then; `agree-boundaries` first",
        )


def _must_be_a_person(actor: Actor, doing: str) -> None:
    if actor.kind != "human":
        raise Refused(
            "not-a-person", f"{actor.id} is a {actor.kind} and cannot {doing}: name the person who did"
        )
