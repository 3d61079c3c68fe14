"""The jurisdiction: what is stored for ever, and which policies others find in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from scp_events.policy import Adopted, Policies
from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Citation,
    Code,
    Event,
    Policy,
    Word,
    members,
    named,
)

HOME = "home"
"""What the jurisdiction is called. An installation has one, so it is found without looking for it."""
STREAM = named("jurisdiction", HOME)

# --- what a command and its event both say ----------------------------------------------------------------


class CataloguedBasis(Word):
    """A law that decisions may stand on here, and from when to when it is valid."""

    code: Code
    instrument: Code
    """Such as `court-order`, `diversion-order`, `licence-condition`, `statute`, `consent`."""
    act: Citation
    section: Citation
    valid_from: Annotated[date, Bound(none_because="a law may be as old as it likes")]
    valid_until: Annotated[date | None, Bound(not_before="valid_from")] = None
    """The last day; None until further notice."""


class RetentionRule(Word):
    """For how long records of a kind are kept, and who says so."""

    record_kind: Code
    """Such as `case-record` or `safeguarding`."""
    kept_years: Annotated[int, Field(ge=0, le=200)]
    counted_from: Code
    """Such as `exit`, `birth` or `last-contact`."""
    citation: Citation


class Profile(Word):
    """Whose law and whose days count here.

    The age of majority is a number of the policy: see there.
    """

    title: Citation
    """The name of the country or court district, such as Antigua and Barbuda."""
    time_zone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,60}$")]
    """Whose days are counted, such as `America/Antigua`: the time zone that the log was made for."""
    legal_bases: Annotated[tuple[CataloguedBasis, ...], Field(max_length=500)] = ()
    retention: Annotated[tuple[RetentionRule, ...], Field(max_length=100)] = ()


class Adoption(Word):
    """A version of the policy with all its numbers, and from when on it is in force."""

    policy: Policy
    in_force_from: Annotated[date, Bound(after=OCCURRED)]
    """The first day. What is decided on the day of the adoption is decided under the version before."""


# --- events -----------------------------------------------------------------------------------------------


class JurisdictionDefined(Event, Profile):
    """Whose law and whose days count here was said for the first time."""

    TITLE = "Jurisdiction defined: {title}"
    type: Literal["jurisdiction.defined"] = "jurisdiction.defined"
    code: Code
    """What people call it."""


class ProfileChanged(Event, Profile):
    """The profile is another from now on."""

    TITLE = "Jurisdiction's profile changed: {title}"
    type: Literal["jurisdiction.profile-changed"] = "jurisdiction.profile-changed"


class PolicyAdopted(Event, Adoption):
    """A version of the policy was adopted. It never changes, and judges nothing that was decided before."""

    TITLE = "Policy adopted: {policy.version}, in force from {in_force_from}"
    type: Literal["jurisdiction.policy-adopted"] = "jurisdiction.policy-adopted"


JurisdictionEvent: TypeAlias = JurisdictionDefined | ProfileChanged | PolicyAdopted
EVENTS: tuple[type[JurisdictionEvent], ...] = members(JurisdictionEvent)


# --- what others find in it -------------------------------------------------------------------------------


def adopted_by(event: PolicyAdopted) -> Adopted:
    """Return what an event adopted."""
    return Adopted(event.policy, event.in_force_from)


def policies_in(history: Iterable[Event]) -> Policies:
    """Return the policies that the history of the jurisdiction tells of."""
    return Policies(tuple(adopted_by(event) for event in history if isinstance(event, PolicyAdopted)))
