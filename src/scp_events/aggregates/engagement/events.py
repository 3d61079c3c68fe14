"""Working with a young person: what is stored for ever."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from scp_events.aggregates.organisation.events import ByRegister
from scp_events.vocabulary import (
    Actor,
    Code,
    DecisionEvent,
    Event,
    EventId,
    IdentifiedEvent,
    Narrative,
    PersonCode,
    PolicyVersion,
    TellingCode,
    Word,
    members,
)

Minutes = Annotated[int, Field(strict=True, ge=0, le=24 * 60)]

# --- what a command and its event both say ----------------------------------------------------------------


class Medium(StrEnum):
    """How people met."""

    IN_PERSON = "in-person"
    PHONE = "phone"
    VIDEO = "video"
    ONLINE = "online"
    VIRTUAL_REALITY = "virtual-reality"
    MESSAGE = "message"
    LETTER = "letter"


class ContactOutcome(StrEnum):
    """What became of a contact."""

    HELD = "held"
    DID_NOT_ATTEND = "did-not-attend"
    CANCELLED = "cancelled"


class ContactDetails(Word):
    """One contact: who made it, how, with whom besides, and what became of it."""

    made_by: Actor
    medium: Medium
    outcome: ContactOutcome
    held_minutes: Minutes
    others_present: tuple[Code, ...] = ()
    """Such as `guardian` or `mentor`: what they are, not who."""
    note: Narrative | None = None


class Story(Word):
    """What a young person told."""

    story: Narrative


class Choice(Word):
    """What a young person chose for themselves: a refusal, a preference, what they want to be called."""

    about: TellingCode
    choice: Narrative


class ExitReason(StrEnum):
    """Why somebody left the programme."""

    COMPLETED = "completed"
    WITHDREW = "withdrew"
    REMOVED = "removed"
    BREACHED = "breached"
    TRANSFERRED = "transferred"
    NOT_STARTED = "not-started"


class Leaving(Word):
    """Why somebody leaves, with a plan for afterwards, or the reason why there is none."""

    reason: ExitReason
    exit_plan: Narrative | None = None
    exit_plan_waived_because: Narrative | None = None


# --- events -----------------------------------------------------------------------------------------------


class BoundariesAgreed(DecisionEvent):
    """The participant and somebody of the programme agreed how they will work together."""

    TITLE = "Boundaries agreed"
    type: Literal["engagement.boundaries-agreed"] = "engagement.boundaries-agreed"
    agreed_with: Actor
    boundaries: Narrative


class BoundariesDeclined(DecisionEvent):
    """The participant did not agree to the boundaries, for now."""

    TITLE = "Boundaries declined for now"
    type: Literal["engagement.boundaries-declined"] = "engagement.boundaries-declined"


class ContactRecorded(IdentifiedEvent, ContactDetails):
    """Somebody met the participant, or tried to."""

    TITLE = "Contact: {outcome}, {medium}"
    type: Literal["engagement.contact-recorded"] = "engagement.contact-recorded"


class StoryRecorded(IdentifiedEvent, Story):
    """The participant told their story, or more of it."""

    TITLE = "Story told"
    type: Literal["engagement.story-recorded"] = "engagement.story-recorded"
    told_to: Actor


class StoryConfirmed(Event):
    """The participant confirmed that their story was heard and understood."""

    TITLE = "Story confirmed as understood"
    type: Literal["engagement.story-confirmed"] = "engagement.story-confirmed"
    confirmed_to: Actor
    stories: tuple[EventId, ...]
    """What was confirmed: everything told so far."""
    contacts: tuple[EventId, ...]
    """The contacts held by then: the time that trust took."""
    policy_version: PolicyVersion


class ChoiceRecorded(IdentifiedEvent, Choice):
    """The participant chose something for themselves."""

    TITLE = "Choice made by the participant"
    type: Literal["engagement.choice-recorded"] = "engagement.choice-recorded"


class KeyWorkerAssigned(DecisionEvent, ByRegister):
    """The participant got a key worker."""

    TITLE = "Key worker assigned: {key_worker.id}"
    type: Literal["engagement.key-worker-assigned"] = "engagement.key-worker-assigned"
    key_worker: Actor


class KeyWorkerChanged(DecisionEvent, ByRegister):
    """One key worker handed over to another. Earlier contacts stay with whoever made them."""

    TITLE = "Key worker changed: {from_key_worker} handed over to {to_key_worker.id}"
    type: Literal["engagement.key-worker-changed"] = "engagement.key-worker-changed"
    from_key_worker: PersonCode
    to_key_worker: Actor
    handover_note: Narrative


class ParticipationPaused(DecisionEvent):
    """The participant takes a break; they keep their place."""

    TITLE = "Participation paused"
    type: Literal["engagement.participation-paused"] = "engagement.participation-paused"


class ParticipationResumed(DecisionEvent):
    """The break is over."""

    TITLE = "Participation resumed"
    type: Literal["engagement.participation-resumed"] = "engagement.participation-resumed"


class ParticipantExited(DecisionEvent, Leaving):
    """The participant left the programme; their key worker's assignment ended with it."""

    TITLE = "Left the programme: {reason}"
    type: Literal["engagement.exited"] = "engagement.exited"


class ParticipantReEngaged(DecisionEvent):
    """The participant came back. Boundaries are agreed anew; the story they told still stands."""

    TITLE = "Came back to the programme"
    type: Literal["engagement.re-engaged"] = "engagement.re-engaged"


EngagementEvent: TypeAlias = (
    BoundariesAgreed
    | BoundariesDeclined
    | ContactRecorded
    | StoryRecorded
    | StoryConfirmed
    | ChoiceRecorded
    | KeyWorkerAssigned
    | KeyWorkerChanged
    | ParticipationPaused
    | ParticipationResumed
    | ParticipantExited
    | ParticipantReEngaged
)
EVENTS: tuple[type[EngagementEvent], ...] = members(EngagementEvent)
