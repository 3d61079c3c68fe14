"""People whom facts name were in their organisation's register that day, as strictly as the policy says."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pytest

from scp_events.aggregates import engagement, support
from scp_events.aggregates.organisation.events import Listing
from scp_events.policy import SHIPPED, Strictness
from scp_events.scenario import SOMEBODY, Given, Happened, given, on
from scp_events.vocabulary import Command, Correct, DecisionCommand, OrganisationId, PersonId, Role
from tests.aggregates import test_mentor, test_session, test_support
from tests.examples.engagement import ASSIGN, HAND_OVER
from tests.examples.organisation import HERE, joined, left
from tests.examples.participant import REGISTERED
from tests.examples.practitioner import certified
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, SUPERVISOR, event_id, grounds

pytestmark = pytest.mark.once

OFF, WARNED, REQUIRED = "2025.1", "2025.4", "2025.5"
JOINED_AS = event_id(1501)
DAY = "2025-03-10"


class Naming(NamedTuple):
    """A command that names somebody, where it is allowed otherwise, and as what they have to work here."""

    place: Given
    command: Command
    person: PersonId
    role: Role


def _assigned() -> Any:
    [event] = given(engagement).knowing(on("2025-01-02", REGISTERED)).when(ASSIGN, on="2025-01-03").events
    return on("2025-01-03", event)


def _on(day: str, *happened: Happened) -> list[Happened]:
    return [on(day, each) for each in happened]  # type: ignore[arg-type]  # plain events


def _supporting() -> Given:
    return given(support, *_on("2025-02-01", test_support.REQUESTED, test_support.OPENED)).knowing(
        on("2025-01-02", REGISTERED),
        on("2025-01-02", test_support.IDENTIFIED.event),
        certified(KEY_WORKER.id, "2025-01-01", test_support.IN_CRISIS),
    )


_ENGAGED = given(engagement).knowing(on("2025-01-02", REGISTERED))
NAMING = {
    "key worker assigned": Naming(_ENGAGED, ASSIGN, KEY_WORKER.id, Role.KEY_WORKER),
    "key worker handed over to": Naming(
        given(engagement, _assigned()).knowing(on("2025-01-02", REGISTERED)),
        HAND_OVER,
        OTHER_KEY_WORKER.id,
        Role.KEY_WORKER,
    ),
    "facilitator planned": Naming(
        given(test_session.session).knowing(*_on("2025-01-02", test_session.DEFINED)),
        test_session.SCHEDULE,
        test_session.FACILITATOR,
        Role.CASE_MANAGER,
    ),
    "facilitator of a session held": Naming(
        given(test_session.session, *_on("2025-03-01", test_session.SCHEDULED)),
        test_session.HOLD.model_copy(update={"facilitators": (test_session.FACILITATOR,)}),
        test_session.FACILITATOR,
        Role.CASE_MANAGER,
    ),
    "supervisor of a mentor": Naming(
        given(test_mentor.mentor, *_on("2025-01-10", *test_mentor.ACTIVE)),
        test_mentor.SUPERVISE,
        SUPERVISOR.id,
        Role.SUPERVISOR,
    ),
    "whoever helped": Naming(_supporting(), test_support.ACT, KEY_WORKER.id, Role.KEY_WORKER),
    "whoever went to court": Naming(_supporting(), test_support.ACCOMPANY, KEY_WORKER.id, Role.KEY_WORKER),
    "whoever intervened": Naming(_supporting(), test_support.CRISIS, KEY_WORKER.id, Role.KEY_WORKER),
}
each_naming = pytest.mark.parametrize("naming", NAMING.values(), ids=NAMING)


def under(version: str | None, command: Command) -> Command:
    if isinstance(command, DecisionCommand):
        return command.model_copy(update={"decision": grounds(policy_version=version or OFF)})
    return command.model_copy(update={"policy_version": version})


def listings(naming: Naming, version: str | None, *known: Happened) -> tuple[Listing, ...]:
    outcome = naming.place.knowing(*known).when(under(version, naming.command), on=DAY, by=SUPERVISOR)
    assert outcome.refusal is None, outcome.refusal
    [event] = outcome.events
    return event.listings  # type: ignore[attr-defined,no-any-return]  # it names somebody


def refused(naming: Naming, *known: Happened) -> None:
    outcome = naming.place.knowing(*known).when(under(REQUIRED, naming.command), on=DAY, by=SUPERVISOR)
    outcome.then_refused("not-in-the-register")


def test_the_first_policy_asks_no_register_and_the_last_requires_it() -> None:
    assert [policy.register_of_members for policy in SHIPPED.values()] == [
        "off",
        "off",
        "off",
        "warn",
        "require",
    ]


@each_naming
def test_somebody_named_is_in_the_register_that_day_and_the_event_says_by_which_fact(naming: Naming) -> None:
    """TIME 2."""
    member = joined(naming.person, naming.role, DAY, until=date(2025, 3, 10), event_id=JOINED_AS)
    assert listings(naming, REQUIRED, member) == (
        Listing(person=naming.person, organisation=HERE, strictness=Strictness.REQUIRE, joined_as=JOINED_AS),
    )


@each_naming
def test_who_was_not_there_that_day_in_that_role_at_that_organisation_is_refused(naming: Naming) -> None:
    refused(naming)
    refused(naming, joined(naming.person, naming.role, "2025-03-11"))
    refused(naming, joined(naming.person, naming.role, "2025-01-05", until=date(2025, 3, 9)))
    gone = left(naming.person, naming.role, "2025-03-09")
    refused(naming, joined(naming.person, naming.role, "2025-01-05"), gone)
    refused(naming, joined(PersonId("kw-sedge"), naming.role, "2025-01-05"))
    refused(naming, joined(naming.person, naming.role, "2025-01-05", at=OrganisationId("river-trust")))


@pytest.mark.parametrize(
    "name", sorted(set(NAMING) - {"facilitator planned", "facilitator of a session held"})
)
def test_the_role_counts_where_a_fact_says_one(name: str) -> None:
    naming = NAMING[name]
    refused(naming, joined(naming.person, Role.AUDITOR, "2025-01-05"))


@each_naming
def test_a_policy_that_warns_records_that_nobody_had_said_so(naming: Naming) -> None:
    (listing,) = listings(naming, WARNED)
    assert (listing.strictness, listing.joined_as) == (Strictness.WARN, None)
    (listing,) = listings(
        naming, WARNED, joined(naming.person, naming.role, "2025-01-05", event_id=JOINED_AS)
    )
    assert listing.joined_as == JOINED_AS


@each_naming
def test_an_installation_that_keeps_no_register_works_without_one(naming: Naming) -> None:
    assert listings(naming, OFF) == ()
    assert naming.command == test_support.CRISIS or listings(naming, None) == ()


def test_each_of_several_facilitators_is_looked_up() -> None:
    naming = NAMING["facilitator of a session held"]
    both = naming._replace(command=test_session.HOLD)
    first, second = test_session.HOLD.facilitators
    one = joined(first, Role.KEY_WORKER, "2025-01-05")
    refused(both, one)
    found = listings(both, REQUIRED, one, joined(second, Role.DATA_CLERK, "2025-01-05"))
    assert [each.person for each in found] == [first, second]


def test_a_key_worker_of_another_organisation_is_looked_up_there() -> None:
    partner = OrganisationId("river-trust")
    theirs = KEY_WORKER.model_copy(update={"organisation": partner})
    naming = NAMING["key worker assigned"]
    naming = naming._replace(command=ASSIGN.model_copy(update={"key_worker": theirs}))
    refused(naming, joined(theirs.id, Role.KEY_WORKER, "2025-01-05"))
    assert listings(naming, REQUIRED, joined(theirs.id, Role.KEY_WORKER, "2025-01-05", at=partner))


def test_a_correction_is_judged_by_the_register_as_the_fact_was() -> None:
    """Neither the name nor the day of what was innocent is corrected past it."""
    member = joined(KEY_WORKER.id, Role.KEY_WORKER, DAY, at=SOMEBODY.organisation)
    place = NAMING["whoever helped"].place.knowing(member)
    said: Any = under(REQUIRED, test_support.ACT)
    place = place.then_so(place.when(said, on=DAY))
    another = said.model_copy(update={"done_by": OTHER_KEY_WORKER.id})
    correct = Correct(decision=grounds(), corrects=test_support.ACTED_AS, instead=another)
    place.when(correct).then_refused("not-in-the-register")
    earlier = correct.model_copy(update={"instead": said, "occurred_at": date(2025, 3, 9)})
    place.when(earlier).then_refused("not-in-the-register")
    longer = correct.model_copy(update={"instead": said.model_copy(update={"minutes": 50})})
    assert place.when(longer).events


def test_who_left_after_what_they_did_was_there_when_they_did_it() -> None:
    naming = NAMING["supervisor of a mentor"]
    known = (joined(naming.person, naming.role, "2025-01-05"), left(naming.person, naming.role, "2025-06-01"))
    assert listings(naming, REQUIRED, *known)
    late = naming.place.knowing(*known).when(under(REQUIRED, naming.command), on="2025-06-02", by=SUPERVISOR)
    late.then_refused("not-in-the-register")
