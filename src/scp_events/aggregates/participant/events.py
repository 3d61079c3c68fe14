"""A young person, as they are known to the programme: what is stored for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from scp_events.vocabulary import (
    OCCURRED,
    Actor,
    Bound,
    CaseId,
    CaseReference,
    CoreCode,
    CoreDetail,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    Evidence,
    Fact,
    IdentifiedEvent,
    Personal,
    PersonalDate,
    ReferralId,
    Refused,
    Text,
    Word,
    members,
    replace,
)

WordsOfTheOther = Annotated[Text | Erased, Personal("narrative", of="other")]
"""Words that tell of the person of another record, so they are encrypted for them and erased with them."""
FEMALE = "female"
BirthDate = Annotated[PersonalDate, Bound(not_after=OCCURRED, years_before=100)]


class PersonalDetails(Word):
    """Who the young person is."""

    name: CoreDetail
    date_of_birth: BirthDate
    preferred_language: CoreCode
    guardian: CoreDetail | None = None
    gender: CoreCode | None = None
    """As they describe themselves, such as `female`; None where they did not say."""


class ParticipantRegistered(IdentifiedEvent, PersonalDetails):
    """A young person became known to the programme, through an accepted referral or by themselves."""

    TITLE = "Registered with the programme"
    type: Literal["participant.registered"] = "participant.registered"
    case_reference: CaseReference
    referral_id: ReferralId | None = None
    """None where the young person came by themselves."""
    accepted_as: EventId | None = None
    """The event that accepted the referral."""


class ParticipantDied(Event):
    """The young person died."""

    TITLE = "Died"
    type: Literal["participant.died"] = "participant.died"


class IdentityLinkProposed(DecisionEvent):
    """Somebody recognised the person of another record; a second person has to confirm it."""

    TITLE = "Proposed as the same person as in another record"
    type: Literal["participant.identity-link-proposed"] = "participant.identity-link-proposed"
    other: CaseId
    recognised_by: WordsOfTheOther | None = None
    """What the other record says by which it was recognised."""


class IdentityLinked(DecisionEvent):
    """Two records turned out to be one person's. Both histories stay as they are."""

    TITLE = "Linked with another record of the same person"
    type: Literal["participant.identity-linked"] = "participant.identity-linked"
    other: CaseId
    proposed_by: Actor


class IdentityUnlinkProposed(DecisionEvent):
    """Somebody doubts that two linked records are one person's; a second person has to confirm it."""

    TITLE = "Proposed to be another person than in the linked record"
    type: Literal["participant.identity-unlink-proposed"] = "participant.identity-unlink-proposed"
    other: CaseId


class IdentityUnlinked(DecisionEvent):
    """Two records turned out to be two people's after all."""

    TITLE = "Unlinked from another record: two people after all"
    type: Literal["participant.identity-unlinked"] = "participant.identity-unlinked"
    other: CaseId
    proposed_by: Actor


ParticipantEvent: TypeAlias = (
    ParticipantRegistered
    | ParticipantDied
    | IdentityLinkProposed
    | IdentityLinked
    | IdentityUnlinkProposed
    | IdentityUnlinked
)
EVENTS: tuple[type[ParticipantEvent], ...] = members(ParticipantEvent)

# --- what other aggregates need to know -------------------------------------------------------------------


@dataclass(frozen=True)
class Presence:
    """Whether there is somebody to work with."""

    registered_as: EventId | None = None
    died_as: EventId | None = None


def _presence(presence: Presence, fact: Fact[Event]) -> Presence:
    match fact.event:
        case ParticipantRegistered():
            return replace(presence, registered_as=fact.event_id)
        case ParticipantDied():
            return replace(presence, died_as=fact.event_id)
    return presence


def must_be_present(presence: Presence) -> None:
    """Refuse to work with somebody who was not registered, or not alive any more."""
    if presence.registered_as is None:
        raise Refused("not-registered", "the participant was not registered by then: `register` first")
    must_be_alive(presence)


def must_be_alive(presence: Presence) -> None:
    """Refuse what cannot happen to the dead; it may have happened before they were registered."""
    if presence.died_as is not None:
        raise Refused(
            "died",
            f"event {presence.died_as} records a death before this: `retract` it if it was recorded in error",
        )


PRESENCE = Evidence(Presence(), _presence, over=(ParticipantRegistered, ParticipantDied))
