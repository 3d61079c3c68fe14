"""An agreement to share information: what is stored for ever, and what disclosures ask of it.

Nothing in it tells of a young person, so nothing is encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field

from scp_events.vocabulary import (
    OCCURRED,
    Amount,
    Bound,
    Code,
    Currency,
    EventId,
    Evidence,
    Fact,
    IdentifiedEvent,
    OrganisationCode,
    OrganisationId,
    Refused,
    Stream,
    Word,
    members,
    named,
    part_of,
    replace,
)

# --- what a command and its event both say ----------------------------------------------------------------


class Terms(Word):
    """Who shares what with whom, what for, and from when to when: one version of it."""

    parties: Annotated[tuple[OrganisationCode, ...], Field(min_length=1, max_length=50)]
    scopes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    """What may be shared, such as `referral`."""
    purposes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    valid_from: Annotated[date, Bound(not_before=OCCURRED)]
    """Nothing is agreed backwards: what was shared before was shared without it."""
    valid_until: Annotated[date | None, Bound(not_before="valid_from")] = None


class ContributionKind(StrEnum):
    """What a partner brings in: S3.9."""

    FUNDING = "funding"
    STAFFING = "staffing"
    FACILITIES = "facilities"
    SERVICES = "services"


class Money(Word):
    """So much for so long."""

    amount: Amount
    currency: Currency
    available_from: Annotated[
        date, Bound(none_because="money is promised long before and accounted for long after")
    ]
    available_until: Annotated[date | None, Bound(not_before="available_from")] = None


class Contribution(Money):
    """What a partner brings in, and what it is worth."""

    contributor: OrganisationCode
    kind: ContributionKind


class Funding(Money):
    """Where money comes from."""

    source: Code
    """A fund, a budget line or a foundation: it need be no party."""


# --- events -----------------------------------------------------------------------------------------------


class AgreementSigned(IdentifiedEvent, Terms):
    """Organisations agreed to share information."""

    TITLE = "Agreement signed: valid from {valid_from}"
    type: Literal["agreement.signed"] = "agreement.signed"
    code: Code
    """What people call it."""


class AgreementAmended(IdentifiedEvent, Terms):
    """The parties agreed on other terms, which take the place of those before from their first day on."""

    TITLE = "Agreement amended: valid from {valid_from}"
    type: Literal["agreement.amended"] = "agreement.amended"


class AgreementSuspended(IdentifiedEvent):
    """Nothing is shared under the agreement until it is resumed."""

    TITLE = "Agreement suspended: {reason_code}"
    type: Literal["agreement.suspended"] = "agreement.suspended"
    reason_code: Code


class AgreementResumed(IdentifiedEvent):
    """The agreement is in force again, as far as its terms go."""

    TITLE = "Agreement resumed"
    type: Literal["agreement.resumed"] = "agreement.resumed"


class AgreementEnded(IdentifiedEvent):
    """A party gave notice: the agreement ends earlier than its terms say."""

    TITLE = "Agreement ended: last day {last_day}, {reason_code}"
    type: Literal["agreement.ended"] = "agreement.ended"
    last_day: Annotated[date, Bound(not_before=OCCURRED)]
    reason_code: Code


class ContributionRecorded(IdentifiedEvent, Contribution):
    """A partner promised, or brought in, something of worth."""

    TITLE = "Contribution recorded: {kind} of {contributor}, {amount} {currency}"
    type: Literal["agreement.contribution-recorded"] = "agreement.contribution-recorded"


class FundingSourceRecorded(IdentifiedEvent, Funding):
    """It was recorded where money for the shared work comes from."""

    TITLE = "Funding source recorded: {source}, {amount} {currency}"
    type: Literal["agreement.funding-source-recorded"] = "agreement.funding-source-recorded"


AgreementEvent: TypeAlias = (
    AgreementSigned
    | AgreementAmended
    | AgreementSuspended
    | AgreementResumed
    | AgreementEnded
    | ContributionRecorded
    | FundingSourceRecorded
)
EVENTS: tuple[type[AgreementEvent], ...] = members(AgreementEvent)

# --- how it stands ----------------------------------------------------------------------------------------


class Version(NamedTuple):
    """Terms, and the event by which they were agreed on."""

    terms: Terms
    agreed_as: EventId


@dataclass(frozen=True)
class Standing:
    """How an agreement stands: every version in the order agreed on, and what stops it."""

    versions: tuple[Version, ...] = ()
    suspended: bool = False
    last_day: date | None = None

    def in_force_on(self, day: date) -> Version | None:
        """Return the version under which something may be shared on a day; None where nothing may."""
        version = self._begun_by(day)
        return None if version is None or self.suspended or day > self._end_of(version) else version

    def why_not_on(self, day: date) -> str:
        """Return why nothing may be shared on a day on which it is not in force."""
        version = self._begun_by(day)
        if not self.versions:
            return "was not signed by then"
        if version is None:
            return f"is valid from {min(each.terms.valid_from for each in self.versions).isoformat()}"
        end = self._end_of(version)
        return f"was valid until {end.isoformat()}" if day > end else "was suspended"

    def _begun_by(self, day: date) -> Version | None:
        """Return the version last agreed on of those whose terms have begun."""
        return next((each for each in reversed(self.versions) if each.terms.valid_from <= day), None)

    def _end_of(self, version: Version) -> date:
        return min(version.terms.valid_until or date.max, self.last_day or date.max)


def standing_after(known: Standing, event: AgreementEvent) -> Standing:
    """Return how an agreement stands once `event` has happened."""
    match event:
        case AgreementSigned() | AgreementAmended():
            return replace(known, versions=(*known.versions, Version(part_of(event, Terms), event.event_id)))
        case AgreementSuspended():
            return replace(known, suspended=True)
        case AgreementResumed():
            return replace(known, suspended=False)
        case AgreementEnded():
            return replace(known, last_day=event.last_day)
        case ContributionRecorded() | FundingSourceRecorded():
            return known
    assert_never(event)


# --- what other aggregates need to know -------------------------------------------------------------------


class Resting(Word):
    """A disclosure to another organisation may rest on an agreement, which it names."""

    agreement: Code | None = None


@dataclass(frozen=True)
class Agreements:
    """How each agreement stands that a command names."""

    known: Mapping[Stream, Standing] = field(default_factory=dict)


class Disclosure(NamedTuple):
    """What is disclosed, by whom, to whom, and when."""

    scope: str
    by: OrganisationId
    to: OrganisationId | None
    day: date


def _learn(agreements: Agreements, fact: Fact[AgreementEvent]) -> Agreements:
    stands = agreements.known.get(fact.stream, Standing())
    return replace(agreements, known={**agreements.known, fact.stream: standing_after(stands, fact.event)})


def agreements_named(command: Resting, _by: object) -> Iterable[UUID]:
    """Return the streams that a command is about besides: the agreement it rests on."""
    return () if command.agreement is None else (named("agreement", command.agreement).id,)


AGREEMENTS = Evidence(
    Agreements(),
    _learn,
    over=(AgreementSigned, AgreementAmended, AgreementSuspended, AgreementResumed, AgreementEnded),
    others=agreements_named,
)


def must_be_agreed(
    agreements: Agreements, said: Resting, what: Disclosure, *, asked_for: bool
) -> tuple[EventId, ...]:
    """Refuse a disclosure outside an agreement; return the events it rests on.

    Who names an agreement is held to it. Who names none is refused where a policy asks for one, unless
    nothing leaves their own organisation.
    """
    if said.agreement is None:
        if asked_for and what.to != what.by:
            raise Refused(
                "no-agreement-named",
                f"{what.by} discloses a {what.scope} to {what.to or 'nobody named'}: name who"
                " receives it, and in `agreement` the one between you that it rests on",
            )
        return ()
    stands = agreements.known.get(named("agreement", said.agreement), Standing())
    version = stands.in_force_on(what.day)
    if version is None:
        raise Refused(
            "agreement-not-in-force",
            f"agreement {said.agreement} {stands.why_not_on(what.day)}, and this is of"
            f" {what.day.isoformat()}: name in `agreement` one in force that day, or `sign-agreement` first",
        )
    _must_extend(said.agreement, version, what)
    return (version.agreed_as,)


def _must_extend(name: str, version: Version, what: Disclosure) -> None:
    terms = version.terms
    outside = [str(party or "nobody named") for party in (what.by, what.to) if party not in terms.parties]
    if outside:
        raise Refused(
            "not-a-party",
            f"agreement {name} is between {', '.join(terms.parties)}, not with {outside[0]}: name in"
            " `agreement` one between who discloses and who receives",
        )
    if what.scope not in terms.scopes:
        raise Refused(
            "outside-the-scope",
            f"agreement {name} covers {', '.join(terms.scopes)}, not {what.scope}: name in `agreement` one"
            " that does, or `amend-agreement` first",
        )
