"""The jurisdiction: whose law and whose days count, and versions of the policy that never change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import jurisdiction
from scp_events.aggregates.jurisdiction.commands import JurisdictionCommand
from scp_events.aggregates.jurisdiction.events import HOME, JurisdictionDefined, ProfileChanged, policies_in
from scp_events.policy import CURRENT, SHIPPED
from scp_events.scenario import Given, Happened, given
from scp_events.vocabulary import VariantMinutes
from tests.aggregates.laws import machine, one_of_these
from tests.examples.jurisdiction import CHANGE, DEFINE, MINORS_30H, adopted, adopting

pytestmark = pytest.mark.once

FEBRUARY, MARCH = date(2025, 2, 1), date(2025, 3, 1)
ADOPT = adopting(MINORS_30H, MARCH)
EVERY_COMMAND: tuple[JurisdictionCommand, ...] = (DEFINE, CHANGE, ADOPT)

DEFINED = JurisdictionDefined(**dict(DEFINE), code=HOME)
CHANGED = ProfileChanged(**dict(CHANGE))
ADOPTED = adopted(MINORS_30H, MARCH)


def told(*happened: Happened) -> Given:
    return given(jurisdiction, *happened).under_the_name(HOME)


def but(command: Any, **changes: object) -> Any:
    return command.model_copy(update=changes)


# --- the profile ------------------------------------------------------------------------------------------


def test_a_jurisdiction_is_defined_once() -> None:
    told().when(DEFINE).then(DEFINED)
    told(DEFINED).when(DEFINE).then_nothing_new()
    told(DEFINED).when(but(DEFINE, title="Another island")).then_refused("already-defined")


def test_an_installation_has_one_jurisdiction_and_no_second() -> None:
    told().under_the_name("another").when(DEFINE).then_refused("one-jurisdiction")


def test_its_days_are_those_of_the_log() -> None:
    told().when(but(DEFINE, time_zone="America/Antigua")).then_refused("another-time-zone")
    told(DEFINED).when(but(CHANGE, time_zone="Pacific/Tongatapu")).then_refused("another-time-zone")


def test_the_profile_of_what_was_defined_changes_as_a_whole() -> None:
    told().when(CHANGE).then_refused("not-defined")
    told(DEFINED).when(CHANGE).then(CHANGED)
    told(DEFINED, CHANGED).when(CHANGE).then_nothing_new()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"legal_bases": DEFINE.legal_bases * 2}, "named-twice"),
        ({"retention": DEFINE.retention * 2}, "named-twice"),
        (
            {"legal_bases": (but(DEFINE.legal_bases[0], valid_until=date(2015, 12, 30)),)},
            "date-out-of-bounds",
        ),
    ],
    ids=["one law twice", "one kind of record twice", "a law that ended before it began"],
)
def test_the_parts_of_a_profile_fit_together(changes: dict[str, object], rule: str) -> None:
    told().when(but(DEFINE, **changes)).then_refused(rule)
    told(DEFINED).when(but(CHANGE, **changes)).then_refused(rule)


# --- policies (S3.17) -------------------------------------------------------------------------------------


def test_a_policy_is_adopted_in_a_jurisdiction_that_was_defined() -> None:
    told().when(ADOPT).then_refused("not-defined")
    told(DEFINED).when(ADOPT).then(ADOPTED)
    told(DEFINED, ADOPTED).when(ADOPT).then_nothing_new()


def test_no_policy_is_in_force_on_the_day_of_its_adoption_or_before() -> None:
    """Or it would judge anew what was decided that day."""
    told(DEFINED).when(but(ADOPT, in_force_from=date(2025, 1, 2))).then_refused("date-out-of-bounds")
    told(DEFINED).when(but(ADOPT, in_force_from=date(2024, 1, 2))).then_refused("date-out-of-bounds")
    assert told(DEFINED).when(but(ADOPT, in_force_from=date(2025, 1, 3))).events


def test_the_numbers_of_a_version_never_change() -> None:
    told(DEFINED, ADOPTED).when(adopting(but(MINORS_30H, age_of_majority=21), MARCH)).then_refused(
        "version-taken"
    )
    shipped = SHIPPED["2025.2"]
    changed = but(shipped, age_of_majority=21)
    told(DEFINED).when(adopting(changed, MARCH)).then_refused("version-taken")
    assert told(DEFINED).when(adopting(shipped, MARCH)).events


def test_one_returns_to_a_version_by_adopting_it_again_as_it_is() -> None:
    back = adopted(CURRENT, date(2025, 4, 1))
    told(DEFINED, ADOPTED).when(adopting(CURRENT, date(2025, 4, 1))).then(back)
    policies = policies_in((DEFINED, ADOPTED, back))
    days = (date(2025, 2, 28), MARCH, date(2025, 3, 31), date(2025, 4, 1))
    assert [policies.in_force_on(day).version for day in days] == [
        "2025.1",
        "minors-30h",
        "minors-30h",
        "2025.1",
    ]


def test_of_two_that_begin_on_one_day_the_one_adopted_last_is_in_force() -> None:
    policies = policies_in((adopted(SHIPPED["2025.3"], MARCH), ADOPTED, adopted(SHIPPED["2025.2"], FEBRUARY)))
    assert policies.in_force_on(MARCH) == MINORS_30H
    assert policies.in_force_on(FEBRUARY).version == "2025.2"


def test_a_policy_says_once_how_much_a_variant_asks_for() -> None:
    twice = VariantMinutes(programme="resocialisation", variant="minors", total_minutes=1900)
    said = but(MINORS_30H, variant_minutes=(*MINORS_30H.variant_minutes, twice))
    told(DEFINED).when(adopting(said, MARCH)).then_refused("named-twice")


def test_what_others_may_read_are_profile_and_policies_with_their_first_days() -> None:
    seen = jurisdiction.view(told(DEFINED, CHANGED, ADOPTED).state)
    assert seen.profile is not None
    assert seen.profile.title == "Two invented islands"
    [found] = seen.adopted
    assert (found.policy.version, found.policy.age_of_majority) == ("minors-30h", 18)
    assert found.in_force_from == MARCH


TestLaws = machine(jurisdiction, one_of_these(*EVERY_COMMAND)).TestCase
