"""An organisation: what is stored for ever, and who worked where on a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field

from scp_events.vocabulary import (
    OCCURRED,
    Actor,
    Bound,
    Code,
    Event,
    Evidence,
    Fact,
    IdentifiedEvent,
    Impersonal,
    OrganisationId,
    PersonCode,
    PersonId,
    Role,
    ShortText,
    Stream,
    Word,
    members,
    named,
    replace,
)

# --- what a command and its event both say ----------------------------------------------------------------

OrganisationTitle = Annotated[ShortText, Impersonal("names an organisation, never a person")]


class OrganisationKind(StrEnum):
    """What sort of organisation it is: those of S0.2 and S1.7."""

    NON_PROFIT = "non-profit"
    GOVERNMENT_AGENCY = "government-agency"
    MINISTRY = "ministry"
    COURT = "court"
    POLICE = "police"
    CORRECTIONAL_FACILITY = "correctional-facility"
    PRIVATE_COMPANY = "private-company"


class Services(Word):
    """What an organisation offers."""

    services: Annotated[tuple[Code, ...], Field(max_length=50)]
    """Kinds of service, such as `counselling`, `skills-training`, `housing-assistance`."""


class Profile(Services):
    """What an organisation is and offers."""

    title: OrganisationTitle
    kind: OrganisationKind


class Membership(Word):
    """That somebody works for the organisation, and in which role."""

    person: PersonCode
    role: Role


class Joining(Membership):
    """A membership that begins."""

    valid_until: Annotated[date | None, Bound(not_before=OCCURRED)] = None
    """The last day, where it is known beforehand: then it ends by itself."""


# --- events -----------------------------------------------------------------------------------------------


class OrganisationRegistered(IdentifiedEvent, Profile):
    """An organisation became known to the programme."""

    TITLE = "Organisation registered: a {kind}"
    type: Literal["organisation.registered"] = "organisation.registered"
    code: Code
    """What people call it: the code by which everything else names it."""


class ServicesChanged(IdentifiedEvent, Services):
    """The organisation offers something else from now on."""

    TITLE = "Services changed"
    type: Literal["organisation.services-changed"] = "organisation.services-changed"


class MemberJoined(IdentifiedEvent, Joining):
    """Somebody began to work for the organisation in a role."""

    TITLE = "Member joined: {person} as {role}"
    type: Literal["organisation.member-joined"] = "organisation.member-joined"


class MemberLeft(IdentifiedEvent, Membership):
    """Somebody no longer works for the organisation in a role."""

    TITLE = "Member left: {person} as {role}"
    type: Literal["organisation.member-left"] = "organisation.member-left"


class OrganisationClosed(IdentifiedEvent):
    """The organisation is no more, or works with the programme no longer."""

    TITLE = "Organisation closed: {reason_code}"
    type: Literal["organisation.closed"] = "organisation.closed"
    reason_code: Code


OrganisationEvent: TypeAlias = (
    OrganisationRegistered | ServicesChanged | MemberJoined | MemberLeft | OrganisationClosed
)
EVENTS: tuple[type[OrganisationEvent], ...] = members(OrganisationEvent)

# --- what other aggregates need to know -------------------------------------------------------------------


class Term(NamedTuple):
    """The days somebody worked for an organisation in a role; both ends belong to it."""

    organisation: Stream
    person: PersonId
    role: Role
    first_day: date
    last_day: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Register:
    """Who worked where and as what, and which organisations there are."""

    terms: tuple[Term, ...] = ()
    registered: frozenset[Stream] = frozenset()
    closed: Mapping[Stream, date] = field(default_factory=dict)

    def members_on(self, organisation: OrganisationId, day: date) -> frozenset[tuple[PersonId, Role]]:
        """Return who worked for an organisation on a day, and in which role."""
        there = named("organisation", organisation)
        return frozenset(
            (term.person, term.role)
            for term in self.terms
            if term.organisation == there and term.holds_on(day)
        )

    def knows(self, actor: Actor, day: date) -> bool:
        """Whether somebody worked for the organisation they name on a day, in the role they name."""
        return (actor.id, actor.role) in self.members_on(actor.organisation, day)

    def works_on(self, organisation: OrganisationId, day: date) -> bool:
        """Whether an organisation was registered and not closed before a day."""
        there = named("organisation", organisation)
        return there in self.registered and day <= self.closed.get(there, day)


def _enter(known: Register, fact: Fact[Event]) -> Register:
    match fact.event:
        case OrganisationRegistered():
            return replace(known, registered=known.registered | {fact.stream})
        case MemberJoined(person=person, role=role, valid_until=until):
            begun = Term(fact.stream, person, role, fact.when.day, until)
            return replace(known, terms=(*known.terms, begun))
        case MemberLeft(person=person, role=role):
            gone = (fact.stream, person, role)
            return replace(known, terms=tuple(_until(known.terms, fact.when.day, gone)))
        case OrganisationClosed():
            closed = {**known.closed, fact.stream: fact.when.day}
            return replace(
                known, closed=closed, terms=tuple(_until(known.terms, fact.when.day, (fact.stream,)))
            )
    return known


def _until(terms: tuple[Term, ...], day: date, whose: tuple[object, ...]) -> Iterator[Term]:
    """Yield the terms; those that begin with `whose` and hold on the day end with it."""
    for term in terms:
        ends = term[: len(whose)] == whose and term.holds_on(day)
        yield term._replace(last_day=day) if ends else term


REGISTER = Evidence(
    Register(), _enter, over=(OrganisationRegistered, MemberJoined, MemberLeft, OrganisationClosed)
)
"""A rule that asks it names in `others` the organisations that its command is about."""
