"""Whom a programme admits, decided by what the record says (S4.1).

What it does not say is told, with how to record it; or somebody makes sure of it, on grounds of their own.
What was erased cannot be judged: it was when it could be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from scp_events.aggregates.enrolment.events import Asked
from scp_events.aggregates.offence.events import ConvictionQuashed, OffenceProven
from scp_events.aggregates.participant.events import FEMALE, ParticipantRegistered
from scp_events.aggregates.programme.events import Audience
from scp_events.aggregates.referral.events import EligibilityDetermined, Particulars
from scp_events.vocabulary import Code, Erased, Event, EventId, Fact, Refused, Stream, age_on, replace

BESIDES_REGISTRATION = (EligibilityDetermined, OffenceProven, ConvictionQuashed)
"""What is read of somebody besides that they were registered, which every rule here reads anyway."""


class Said(NamedTuple):
    """What a fact says of somebody."""

    value: Code | Erased
    said_as: EventId


@dataclass(frozen=True)
class Person:
    """What the record says of somebody that an audience may ask for."""

    born: date | Erased | None = None
    registered_gender: Said | None = None
    determined_gender: Said | None = None
    determined_severity: Said | None = None
    """As somebody knew it who determined whether they are eligible, at last."""
    proven: Mapping[Stream, Said] = field(default_factory=dict)
    """How severe each offence is that was proven and not quashed. What is only alleged counts for nothing."""

    @property
    def gender(self) -> tuple[Said, ...]:
        """Return what is said of their gender: as they describe themselves, before what others say."""
        said = self.registered_gender or self.determined_gender
        return () if said is None else (said,)

    @property
    def severities(self) -> tuple[Said, ...]:
        """Return all that is said of how severe their offences are."""
        determined = () if self.determined_severity is None else (self.determined_severity,)
        return (*self.proven.values(), *determined)


def learn(person: Person, fact: Fact[Event]) -> Person:
    """Return what the record says of somebody after one more fact."""
    match fact.event:
        case ParticipantRegistered(date_of_birth=born, gender=gender):
            return replace(person, born=born, registered_gender=_said(gender, fact))
        case EligibilityDetermined(known=Particulars() as known):
            return replace(
                person,
                determined_gender=_said(known.gender, fact),
                determined_severity=_said(known.offence_severity, fact),
            )
        case OffenceProven(severity=severity):
            return replace(person, proven={**person.proven, fact.stream: Said(severity, fact.event_id)})
        case ConvictionQuashed():
            left = {stream: said for stream, said in person.proven.items() if stream != fact.stream}
            return replace(person, proven=left)
    return person


def _said(value: Code | Erased | None, fact: Fact[Event]) -> Said | None:
    return None if value is None else Said(value, fact.event_id)


class Admitted(NamedTuple):
    """On which facts somebody is of the audience, and what no record said."""

    known_as: tuple[EventId, ...] = ()
    confirmed: tuple[Asked, ...] = ()


def must_be_of_the_audience(
    person: Person, audience: Audience, day: date, *, programme: Code, confirmed: bool
) -> Admitted:
    """Refuse whom the programme does not admit, and of whom neither record nor anybody says so."""
    _must_be_of_an_age(person, audience, day, programme)
    genders = (FEMALE,) if audience.female_only else ()
    asked = {
        Asked.GENDER: (genders, person.gender),
        Asked.OFFENCE_SEVERITY: (audience.offence_severities, person.severities),
    }
    grounds: list[EventId] = []
    unknown: list[Asked] = []
    for what, (admitted, said) in asked.items():
        if not admitted:
            continue
        _must_be_admitted(what, admitted, said, programme)
        grounds += [each.said_as for each in said]
        unknown += [] if said else [what]
    if unknown and not confirmed:
        raise Refused(
            "audience-unknown",
            f"{programme} is not for everybody, and the record does not say"
            f" {' and '.join(_TO_RECORD[each] for each in unknown)}; or make sure of it, and say so in"
            " `audience_confirmed`",
        )
    return Admitted(tuple(dict.fromkeys(grounds)), tuple(unknown))


_TO_RECORD = {
    Asked.GENDER: "the participant's gender: `correct` their registration, with `gender`",
    Asked.OFFENCE_SEVERITY: "how severe an offence of theirs is: record what was proven, or"
    " `determine-eligibility` with `offence_severity`",
}


def _must_be_admitted(
    what: Asked, admitted: tuple[Code, ...], said: tuple[Said, ...], programme: Code
) -> None:
    """Refuse, without repeating what is said of the person."""
    if any(not isinstance(each.value, Erased) and each.value not in admitted for each in said):
        raise Refused(
            "not-of-the-audience",
            f"the {what.value.replace('-', ' ')} on record is not what {programme} is for"
            f" ({', '.join(admitted)}): name another `programme`, or `correct` what is recorded wrongly",
        )


def _must_be_of_an_age(person: Person, audience: Audience, day: date, programme: Code) -> None:
    if isinstance(person.born, Erased) or person.born is None:
        return
    age = age_on(day, person.born)
    youngest, oldest = audience.youngest_years or 0, audience.oldest_years
    if age < youngest or (oldest is not None and age > oldest):
        raise Refused(
            "not-of-the-audience",
            f"{programme} is for people from {youngest} to {oldest or 'any'} years: name another `programme`",
        )
