from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import organisation
from scp_events.aggregates.organisation.commands import (
    AddMember,
    ChangeServices,
    CloseOrganisation,
    OrganisationCommand,
    RegisterOrganisation,
    RemoveMember,
)
from scp_events.aggregates.organisation.events import (
    REGISTER,
    MemberJoined,
    MemberLeft,
    OrganisationClosed,
    OrganisationKind,
    OrganisationRegistered,
    Register,
    ServicesChanged,
    Whom,
)
from scp_events.scenario import Given, Happened, at, elsewhere, given, on
from scp_events.vocabulary import Correct, OrganisationId, PersonId, Role, named
from tests.aggregates.laws import machine, one_of_these
from tests.words import event_id, grounds

pytestmark = pytest.mark.once

HERE = OrganisationId("organisation")
"""A scenario calls what belongs to no case by its kind."""
SEDGE, TANSY = PersonId("kw-sedge"), PersonId("kw-tansy")
REGISTERED_AS, CHANGED_AS, JOINED_AS, LEFT_AS, CLOSED_AS = map(event_id, range(1001, 1006))

BEGIN = RegisterOrganisation(
    event_id=REGISTERED_AS,
    title="Invented Housing First",
    kind=OrganisationKind.NON_PROFIT,
    services=("housing-assistance", "counselling"),
)
CHANGE = ChangeServices(event_id=CHANGED_AS, services=("skills-training",))
JOIN = AddMember(event_id=JOINED_AS, person=SEDGE, role=Role.KEY_WORKER)
LEAVE = RemoveMember(event_id=LEFT_AS, person=SEDGE, role=Role.KEY_WORKER)
CLOSE = CloseOrganisation(event_id=CLOSED_AS, reason_code="merged")
EVERY_COMMAND: tuple[OrganisationCommand, ...] = (BEGIN, CHANGE, JOIN, LEAVE, CLOSE)

REGISTERED = OrganisationRegistered(**dict(BEGIN), code=HERE)
CHANGED = ServicesChanged(**dict(CHANGE))
JOINED = MemberJoined(**dict(JOIN))
LEFT = MemberLeft(**dict(LEAVE))
CLOSED = OrganisationClosed(**dict(CLOSE))


def told(*happened: Happened) -> Given:
    return given(organisation, *happened)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def anew(said: Any, **changes: object) -> Any:
    """Return it as somebody says it for the first time."""
    return but(said, event_id=None, **changes)


# --- what it is and offers --------------------------------------------------------------------------------


def test_the_kinds_of_organisation_are_those_of_the_documents() -> None:
    """S0.2 and S1.7."""
    assert {kind.value for kind in OrganisationKind} == {
        "non-profit",
        "government-agency",
        "ministry",
        "court",
        "police",
        "correctional-facility",
        "private-company",
    }


def test_an_organisation_is_registered_once_under_what_people_call_it() -> None:
    told().when(BEGIN).then(REGISTERED)
    told(REGISTERED).when(anew(BEGIN)).then_nothing_new()
    told(REGISTERED).when(anew(BEGIN, kind="ministry")).then_refused("already-registered")


def test_what_an_organisation_offers_is_said_as_a_whole() -> None:
    """S3.8."""
    told(REGISTERED).when(CHANGE).then(CHANGED)
    told(REGISTERED, CHANGED).when(anew(CHANGE)).then_nothing_new()
    [profile] = [organisation.view(told(REGISTERED, CHANGED).state).profile]
    assert profile is not None
    assert (profile.services, profile.kind) == (("skills-training",), OrganisationKind.NON_PROFIT)


def test_a_service_is_named_once() -> None:
    told().when(but(BEGIN, services=("counselling",) * 2)).then_refused("named-twice")
    told(REGISTERED).when(but(CHANGE, services=("counselling",) * 2)).then_refused("named-twice")


@pytest.mark.parametrize("command", [CHANGE, JOIN, LEAVE, CLOSE], ids=lambda c: type(c).__name__)
def test_nothing_is_said_of_an_organisation_before_it_is_registered(command: OrganisationCommand) -> None:
    told().when(command).then_refused("not-registered")
    told(on("2025-03-10", REGISTERED)).when(command, on="2025-03-09").then_refused("not-registered")


def test_an_organisation_is_closed_once_and_nobody_joins_it_any_more() -> None:
    told(REGISTERED).when(CLOSE).then(CLOSED)
    told(REGISTERED, CLOSED).when(anew(CLOSE)).then_nothing_new()
    for command in (CHANGE, JOIN, LEAVE):
        told(REGISTERED, JOINED, CLOSED).when(anew(command)).then_refused("organisation-closed")
    seen = organisation.view(told(REGISTERED, JOINED, CLOSED).state)
    assert (seen.closed, seen.members) == (True, ())


# --- who works there --------------------------------------------------------------------------------------


def test_somebody_joins_in_a_role_once_at_a_time() -> None:
    told(REGISTERED).when(JOIN).then(JOINED)
    told(REGISTERED, JOINED).when(anew(JOIN)).then_nothing_new()
    until = anew(JOIN, valid_until=date(2026, 1, 1))
    told(REGISTERED, JOINED).when(until).then_refused("already-a-member", "until they leave")
    assert told(REGISTERED, JOINED).when(anew(JOIN, role="supervisor")).events
    assert told(REGISTERED, JOINED).when(anew(JOIN, person=TANSY)).events


def test_somebody_leaves_one_role_at_a_time_and_may_come_back() -> None:
    told(REGISTERED, JOINED).when(LEAVE).then(LEFT)
    told(REGISTERED, JOINED).when(anew(LEAVE, role="supervisor")).then_refused("not-a-member")
    told(REGISTERED, JOINED).when(anew(LEAVE, person=TANSY)).then_refused("not-a-member")
    told(REGISTERED, JOINED, LEFT).when(anew(LEAVE)).then_refused("not-a-member")
    assert told(REGISTERED, JOINED, LEFT).when(anew(JOIN)).events
    both = told(REGISTERED, JOINED, but(JOINED, event_id=event_id(1011), person=TANSY), LEFT)
    assert [each.person for each in organisation.view(both.state).members] == [TANSY]


def test_a_membership_whose_end_is_known_ends_by_itself() -> None:
    place = told(on("2025-03-01", REGISTERED), on("2025-03-02", but(JOINED, valid_until="2025-06-30")))
    place.when(anew(JOIN, valid_until="2025-06-30"), on="2025-06-30").then_nothing_new()
    assert place.when(anew(JOIN), on="2025-07-01").events
    assert place.when(LEAVE, on="2025-06-30").events
    place.when(LEAVE, on="2025-07-01").then_refused("not-a-member")


def test_a_membership_does_not_end_before_it_begins() -> None:
    told(REGISTERED).when(but(JOIN, valid_until="2024-12-31")).then_refused("date-out-of-bounds")


def test_who_left_can_be_told_later_than_who_came_after() -> None:
    place = told(on("2025-03-01", REGISTERED), on("2025-03-02", JOINED), on("2025-06-01", LEFT))
    assert place.when(anew(LEAVE), on="2025-05-01").events, "it was so by then"
    place.when(anew(LEAVE), on="2025-03-01").then_refused("not-a-member")


def test_a_leaving_is_not_corrected_into_one_of_somebody_who_never_joined() -> None:
    place = told(on("2025-03-01", REGISTERED), on("2025-03-02", JOINED), on("2025-06-01", LEFT))
    correct = Correct(decision=grounds(), corrects=LEFT_AS, instead=but(LEAVE, person=TANSY))
    place.when(correct).then_refused("not-a-member")


# --- members on a day -------------------------------------------------------------------------------------

AGENCY, OTHER = OrganisationId("housing-first"), OrganisationId("river-trust")


def register(*happened: Happened) -> Register:
    return REGISTER.fold(given(organisation).knowing(*happened).facts_of_others())


def members_on(known: Register, agency: OrganisationId, day: date) -> set[tuple[PersonId, Role]]:
    """Return who of the two was a member on a day, and as what, as the register answers for each."""
    return {
        (person, role)
        for person in (SEDGE, TANSY)
        for role in Role
        if known.joined_as(Whom(person, agency, frozenset({role})), day)
    }


def of(agency: OrganisationId, happened: Happened) -> Happened:
    return elsewhere(named("organisation", agency), happened)


@pytest.mark.parametrize(
    ("day", "there"),
    [("2025-03-01", False), ("2025-03-02", True), ("2025-06-01", True), ("2025-06-02", False)],
)
def test_both_the_first_and_the_last_day_belong_to_a_membership(day: str, there: bool) -> None:  # noqa: FBT001 - a column of the table
    known = register(of(AGENCY, on("2025-03-02", JOINED)), of(AGENCY, on("2025-06-01", LEFT)))
    found = members_on(known, AGENCY, date.fromisoformat(day))
    assert found == ({(SEDGE, Role.KEY_WORKER)} if there else set())


def test_members_on_a_day_are_those_of_one_organisation() -> None:
    known = register(of(AGENCY, on("2025-03-02", JOINED)), of(OTHER, on("2025-03-03", LEFT)))
    assert members_on(known, AGENCY, date(2025, 3, 9)) == {(SEDGE, Role.KEY_WORKER)}
    assert members_on(known, OTHER, date(2025, 3, 9)) == set()


def test_a_member_who_left_and_came_back_was_away_in_between() -> None:
    known = register(
        of(AGENCY, on("2025-03-02", JOINED)),
        of(AGENCY, on("2025-04-01", LEFT)),
        of(AGENCY, on("2025-06-01", JOINED)),
    )
    assert [len(members_on(known, AGENCY, date(2025, month, 15))) for month in (3, 4, 5, 6)] == [1, 0, 0, 1]


def test_a_role_that_somebody_left_leaves_their_others() -> None:
    known = register(
        of(AGENCY, on("2025-03-02", JOINED)),
        of(AGENCY, on("2025-03-02", but(JOINED, role="supervisor"))),
        of(AGENCY, on("2025-03-02", but(JOINED, person=TANSY))),
        of(AGENCY, on("2025-04-01", LEFT)),
    )
    assert members_on(known, AGENCY, date(2025, 5, 1)) == {(SEDGE, Role.SUPERVISOR), (TANSY, Role.KEY_WORKER)}


def test_a_term_that_was_to_end_by_a_day_has_ended_and_a_later_leaving_does_not_prolong_it() -> None:
    known = register(
        of(AGENCY, on("2025-03-02", but(JOINED, valid_until="2025-03-31"))),
        of(AGENCY, on("2025-05-01", LEFT)),
    )
    assert members_on(known, AGENCY, date(2025, 3, 31))
    assert not members_on(known, AGENCY, date(2025, 4, 1))


def test_with_the_organisation_all_memberships_end() -> None:
    known = register(
        of(AGENCY, on("2025-03-01", REGISTERED)),
        of(AGENCY, on("2025-03-02", JOINED)),
        of(AGENCY, on("2025-06-01", CLOSED)),
        of(OTHER, on("2025-03-01", REGISTERED)),
        of(OTHER, on("2025-03-02", JOINED)),
    )
    before, last, after = date(2025, 5, 31), date(2025, 6, 1), date(2025, 6, 2)
    assert [bool(members_on(known, AGENCY, day)) for day in (before, last, after)] == [True, True, False]
    assert [known.works_on(AGENCY, day) for day in (before, last, after)] == [True, True, False]
    assert [known.works_on(OTHER, day) for day in (before, last, after)] == [True, True, True]
    assert members_on(known, OTHER, after)
    assert not known.works_on(OrganisationId("never-heard-of"), before)


def test_the_register_looks_somebody_up_in_their_role_at_their_organisation_on_a_day() -> None:
    known = register(of(AGENCY, at("2025-03-02T23:30", JOINED)))
    assert known.joined_as(Whom(SEDGE, AGENCY), date(2025, 3, 2))
    assert not known.joined_as(Whom(SEDGE, AGENCY), date(2025, 3, 1))
    assert not known.joined_as(Whom(SEDGE, AGENCY, frozenset({Role.SUPERVISOR})), date(2025, 3, 2))
    assert not known.joined_as(Whom(TANSY, AGENCY), date(2025, 3, 2))
    assert not known.joined_as(Whom(SEDGE, OTHER), date(2025, 3, 2))


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(JOIN, event_id=event_id(1021), person=TANSY, valid_until="2025-12-31"),
    but(LEAVE, event_id=event_id(1022), person=TANSY),
    but(JOIN, event_id=event_id(1023), role="supervisor"),
)
TestLaws = machine(organisation, ASKED).TestCase
