"""An organisation: what is stored for ever, and who worked where on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import Field

from scp_events.vocabulary import (
    OCCURRED,
    Actor,
    Bound,
    Code,
    Event,
    EventId,
    Evidence,
    Fact,
    IdentifiedEvent,
    Impersonal,
    OrganisationCode,
    OrganisationId,
    PersonCode,
    PersonId,
    PolicyVersion,
    Refused,
    Role,
    ShortText,
    Stream,
    Strictness,
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
    joined_as: EventId
    first_day: date
    last_day: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class Whom(NamedTuple):
    """Somebody whom a fact names: at which organisation, and in one of which roles."""

    person: PersonId
    organisation: OrganisationId
    roles: frozenset[Role] = frozenset(Role)


@dataclass(frozen=True)
class Register:
    """Who worked where and as what, and which organisations there are."""

    terms: tuple[Term, ...] = ()
    registered: frozenset[Stream] = frozenset()
    closed: Mapping[Stream, date] = field(default_factory=dict)

    def joined_as(self, whom: Whom, day: date) -> EventId | None:
        """Return the event by which somebody worked there on a day in such a role, if there is one."""
        there = named("organisation", whom.organisation)
        return next(
            (
                term.joined_as
                for term in reversed(self.terms)
                if (term.organisation, term.person) == (there, whom.person)
                and term.role in whom.roles
                and term.holds_on(day)
            ),
            None,
        )

    def works_on(self, organisation: OrganisationId, day: date) -> bool:
        """Whether an organisation was registered and not closed before a day."""
        there = named("organisation", organisation)
        return there in self.registered and day <= self.closed.get(there, day)


def _enter(known: Register, fact: Fact[Event]) -> Register:
    match fact.event:
        case OrganisationRegistered():
            return replace(known, registered=known.registered | {fact.stream})
        case MemberJoined(person=person, role=role, valid_until=until):
            begun = Term(fact.stream, person, role, fact.event_id, fact.when.day, until)
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


def where_listed(organisation: OrganisationId) -> tuple[UUID]:
    """Return the stream of an organisation whose members a command names."""
    return (named("organisation", organisation).id,)


def their_own(_command: Any, by: Actor) -> tuple[UUID]:  # noqa: ANN401 - of any command
    """Return the organisation of whoever reports: whom they name by code alone works there, too."""
    return where_listed(by.organisation)


REGISTER = Evidence(
    Register(),
    _enter,
    over=(OrganisationRegistered, MemberJoined, MemberLeft, OrganisationClosed),
    others=their_own,
)
"""A rule that asks it of another organisation names that in `others`."""

# --- people whom facts name -------------------------------------------------------------------------------


class Listing(Word):
    """Whether somebody whom a fact names was a member that day, and how strictly that was asked."""

    person: PersonCode
    organisation: OrganisationCode
    strictness: Strictness
    joined_as: EventId | None
    """None where nobody had said so, and the policy only warns."""


class ByRegister(Word):
    """What an event says of the people it names, where a policy has them looked up."""

    listings: tuple[Listing, ...] = ()
    """None where the policy does not ask the register."""


class UnderPolicy(Word):
    """A report of what people did who are named by code alone."""

    policy_version: PolicyVersion | None = None
    """The version of the rules that says whether they are looked up; without one, that in force that day."""


def must_be_listed(
    known: Register, whom: Iterable[Whom], strictness: Strictness, day: date
) -> tuple[Listing, ...]:
    """Look people up as of the day of what they did; refuse who was no member where the policy requires it.

    Return nothing where the register is not asked.
    """
    if strictness is Strictness.OFF:
        return ()
    return tuple(_listing(known, each, strictness, day) for each in whom)


def _listing(known: Register, whom: Whom, strictness: Strictness, day: date) -> Listing:
    joined_as = known.joined_as(whom, day)
    if joined_as is None and strictness is Strictness.REQUIRE:
        roles = "a member" if whom.roles == frozenset(Role) else " or ".join(sorted(whom.roles))
        raise Refused(
            "not-in-the-register",
            f"{whom.person} was not {roles} at {whom.organisation} on {day.isoformat()}: name somebody who"
            " was, or `add-member` there first",
        )
    return Listing(
        person=whom.person, organisation=whom.organisation, strictness=strictness, joined_as=joined_as
    )
