"""Feedback on the programme: the rules, and what they need to know of other streams.

    a testimony:  given -> (withdrawn)
    of each publisher:  published <-> taken down

A testimony that was withdrawn while it is published shows as both, until it is taken down: the record says
what is so. Answers and ratings are told in the history and decide nothing, so they are not remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeAlias, assert_never

from scp_events.aggregates.consent.events import ConsentGiven, ConsentWithdrawn
from scp_events.aggregates.engagement.events import KeyWorkerAssigned, KeyWorkerChanged
from scp_events.aggregates.feedback.commands import (
    FeedbackCommand,
    GiveTestimony,
    PublishTestimony,
    RateRelationship,
    RecordSatisfaction,
    TakeDownTestimony,
    WithdrawTestimony,
)
from scp_events.aggregates.feedback.events import (
    Answer,
    Companion,
    FeedbackEvent,
    OfTestimony,
    Publication,
    RelationshipRated,
    Respondent,
    SatisfactionRecorded,
    Side,
    TestimonyGiven,
    TestimonyPublished,
    TestimonyTakenDown,
    TestimonyWithdrawn,
)
from scp_events.aggregates.participant.events import PRESENCE, Presence, must_be_present
from scp_events.vocabulary import (
    Command,
    Context,
    Erased,
    Event,
    EventId,
    Evidence,
    Fact,
    OrganisationId,
    PersonId,
    Refused,
    Word,
    replace,
)

# --- what other streams say -------------------------------------------------------------------------------

CONSENT_TO_PUBLISH = "publish-testimony"
"""The scope of the consent that a publication needs, given for the organisation that publishes."""


class Permission(NamedTuple):
    """By which event a publisher may publish, and until when."""

    given_as: EventId
    valid_until: date | None


@dataclass(frozen=True)
class Permissions:
    """Who may publish what the young person tells: the last word for each; None is withdrawn."""

    presence: Presence = field(default_factory=Presence)
    publishers: Mapping[OrganisationId, Permission | None] = field(default_factory=dict)


def _permit(known: Permissions, fact: Fact[Event]) -> Permissions:
    match fact.event:
        case ConsentGiven(scope=scope, recipient=publisher, valid_until=until):
            last_word: Permission | None = Permission(fact.event_id, until)
        case ConsentWithdrawn(scope=scope, recipient=publisher):
            last_word = None
        case _:
            return replace(known, presence=PRESENCE.evolve(known.presence, fact))
    if scope != CONSENT_TO_PUBLISH:
        return known
    return replace(known, publishers={**known.publishers, publisher: last_word})


@dataclass(frozen=True)
class Acquaintances:
    """Whether there is somebody to rate, and whom they know as a key worker of theirs."""

    presence: Presence = field(default_factory=Presence)
    key_workers: frozenset[PersonId] = frozenset()


def _meet(known: Acquaintances, fact: Fact[Event]) -> Acquaintances:
    match fact.event:
        case KeyWorkerAssigned(key_worker=worker) | KeyWorkerChanged(to_key_worker=worker):
            return replace(known, key_workers=known.key_workers | {worker.id})
    return replace(known, presence=PRESENCE.evolve(known.presence, fact))


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    RecordSatisfaction: PRESENCE,
    RateRelationship: Evidence(
        Acquaintances(), _meet, over=(*PRESENCE.over, KeyWorkerAssigned, KeyWorkerChanged)
    ),
    GiveTestimony: PRESENCE,
    PublishTestimony: Evidence(Permissions(), _permit, over=(*PRESENCE.over, ConsentGiven, ConsentWithdrawn)),
}
"""Words are taken back, and taken down, whatever the status."""

# --- state ------------------------------------------------------------------------------------------------

PublicationKey: TypeAlias = tuple[EventId, OrganisationId]
"""Testimony and publisher."""


@dataclass(frozen=True)
class State:
    """What we remember: which testimonies there are, and who publishes them."""

    given: tuple[EventId, ...] = ()
    withdrawn: frozenset[EventId] = frozenset()
    published: Mapping[PublicationKey, bool] = field(default_factory=dict)
    """False once taken down."""


initial = State()


class TestimonyView(OfTestimony):
    """What others may read of a testimony here: its words are in the history."""

    withdrawn: bool


class View(Word):
    """What others may read of the feedback in a case."""

    testimonies: tuple[TestimonyView, ...]
    published: tuple[Publication, ...]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        testimonies=tuple(TestimonyView(testimony=t, withdrawn=t in state.withdrawn) for t in state.given),
        published=tuple(
            Publication(testimony=testimony, publisher=publisher)
            for (testimony, publisher), is_out in state.published.items()
            if is_out
        ),
    )


def evolve(state: State, event: FeedbackEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case SatisfactionRecorded() | RelationshipRated():
            return state
        case TestimonyGiven():
            return replace(state, given=(*state.given, event.event_id))
        case TestimonyWithdrawn():
            return replace(state, withdrawn=state.withdrawn | {event.testimony})
        case TestimonyPublished():
            return replace(state, published={**state.published, _key(event): True})
        case TestimonyTakenDown():
            return replace(state, published={**state.published, _key(event): False})
    assert_never(event)


def _key(said: Publication) -> PublicationKey:
    return said.testimony, said.publisher


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: FeedbackCommand, context: Context) -> list[FeedbackEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RecordSatisfaction():
            return record_satisfaction(state, command, context)
        case RateRelationship():
            return rate_relationship(state, command, context)
        case GiveTestimony():
            return give_testimony(state, command, context)
        case WithdrawTestimony():
            return withdraw_testimony(state, command, context)
        case PublishTestimony():
            return publish_testimony(state, command, context)
        case TakeDownTestimony():
            return take_down_testimony(state, command, context)
    assert_never(command)


# --- the rules: answers -----------------------------------------------------------------------------------


def record_satisfaction(_state: State, command: RecordSatisfaction, context: Context) -> list[FeedbackEvent]:
    """Satisfaction is a place on a stated scale; a community organisation that answers is named."""
    must_be_present(context.evidence)
    _must_be_on_the_scale(command)
    if (command.said_by is Respondent.COMMUNITY_ORGANISATION) != (command.organisation is not None):
        raise Refused(
            "organisation-of-the-answer",
            f"the {command.said_by} answers and `organisation` is {command.organisation or 'left out'}: name"
            " it where a community-organisation answers, and leave it out for anybody else",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def rate_relationship(_state: State, command: RateRelationship, context: Context) -> list[FeedbackEvent]:
    """A key worker is rated by those they worked with, and nobody is rated to their face."""
    known: Acquaintances = context.evidence
    must_be_present(known.presence)
    _must_be_on_the_scale(command)
    if command.companion_is is Companion.KEY_WORKER and command.companion not in known.key_workers:
        raise Refused(
            "not-their-key-worker",
            f"{command.companion} was no key worker of the participant by {context.when}: name one in"
            " `companion` who was, or `assign-key-worker` first",
        )
    if command.said_by is Side.PARTICIPANT and command.companion == context.by.id:
        raise Refused(
            "asked-by-whom-it-is-about",
            f"the participant rates {command.companion}, who reports it: let somebody else ask them",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def _must_be_on_the_scale(answer: Answer) -> None:
    if not answer.lowest < answer.highest:
        raise Refused(
            "no-scale",
            f"a scale from {answer.lowest} to {answer.highest} has no room: give a `highest` above `lowest`",
        )
    if isinstance(answer.score, Erased):  # it was asked when it could be read
        return
    if not answer.lowest <= answer.score <= answer.highest:
        raise Refused(
            "score-off-the-scale",
            f"the `score` is not between {answer.lowest} and {answer.highest}: correct it, or the scale",
        )


# --- the rules: testimony ---------------------------------------------------------------------------------


def give_testimony(_state: State, command: GiveTestimony, context: Context) -> list[FeedbackEvent]:
    """Whoever is registered may tell of the programme; to be heard takes no consent, to be published does."""
    must_be_present(context.evidence)
    return [command.fact(context.by, event_id=context.event_id)]


def withdraw_testimony(state: State, command: WithdrawTestimony, context: Context) -> list[FeedbackEvent]:
    """A testimony that was given can be taken back at any time, whatever the status."""
    _must_be_given(state, command, context)
    return [] if command.testimony in state.withdrawn else [command.fact(context.by)]


def publish_testimony(state: State, command: PublishTestimony, context: Context) -> list[FeedbackEvent]:
    """What was told and not taken back is published under a consent in force today for that publisher."""
    permissions: Permissions = context.evidence
    must_be_present(permissions.presence)
    _must_be_given(state, command, context)
    if command.testimony in state.withdrawn:
        raise Refused(
            "testimony-withdrawn",
            f"testimony {command.testimony} was taken back: publish nothing of it, or ask the participant for"
            " another and record it with `give-testimony`",
        )
    consent = _consent_in_force(permissions, command.publisher, context.when.day)
    if state.published.get(_key(command)):
        return []
    return [command.relying_on((command.testimony, consent)).fact(context.by)]


def take_down_testimony(state: State, command: TakeDownTestimony, context: Context) -> list[FeedbackEvent]:
    """What is published can be taken down at any time, whatever the status."""
    is_out = state.published.get(_key(command))
    if is_out is None:
        raise Refused(
            "not-published",
            f"{command.publisher} did not publish testimony {command.testimony}: name the `testimony` and"
            " `publisher` of a publication",
        )
    return [command.fact(context.by)] if is_out else []


def _must_be_given(state: State, said: OfTestimony, context: Context) -> None:
    if said.testimony not in state.given:
        raise Refused(
            "no-such-testimony",
            f"event {said.testimony} gave no testimony by {context.when}: name in `testimony` one that did",
        )


def _consent_in_force(permissions: Permissions, publisher: OrganisationId, day: date) -> EventId:
    """Return the consent under which somebody may publish on a day; its last day belongs to it."""
    permission = permissions.publishers.get(publisher)
    if permission is None:
        why = "was withdrawn" if publisher in permissions.publishers else "was not given"
    elif permission.valid_until is not None and permission.valid_until < day:
        why = f"was valid until {permission.valid_until.isoformat()}"
    else:
        return permission.given_as
    raise Refused(
        "no-consent-to-publish",
        f"consent to {CONSENT_TO_PUBLISH} for {publisher} {why}, and it is {day.isoformat()}: ask for it, and"
        " record what is answered with `give-consent`",
    )
