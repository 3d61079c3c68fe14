"""The programmes that come with this say what their sources say, and can be defined as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scp_events.aggregates import programme
from scp_events.aggregates.programme.commands import DefineProgramme
from scp_events.commands import offer_named, read, shipped
from scp_events.scenario import given
from tests.words import SUPERVISOR

pytestmark = pytest.mark.once


def the_command(name: str) -> Any:
    return read(offer_named("define-programme"), shipped.text(name).encode()).command


def test_these_come_with_it() -> None:
    assert shipped.names() == ["resocialisation", "weekly-themes"]


@pytest.mark.parametrize("name", shipped.names())
def test_each_can_be_defined_as_it_is(name: str) -> None:
    command = the_command(name)
    assert isinstance(command, DefineProgramme)
    assert given(programme).when(command, by=SUPERVISOR).events
    assert set(json.loads(shipped.text(name))) == {"command"}, "when it was decided, its sender knows"


def test_resocialisation_is_15_sessions_of_2_hours_for_adults_and_14_of_2_and_a_half_for_minors() -> None:
    """S2.9, S2.10: at least 30 hours in three phases, and at least 35 hours."""
    adults, minors = the_command("resocialisation").variants
    assert (adults.of_age, adults.session_count, adults.session_minutes) == ("adults", 15, 120)
    assert (adults.total_minutes, adults.phases) == (30 * 60, ("anamnesis", "focus", "evaluation"))
    assert (minors.of_age, minors.session_count, minors.session_minutes) == ("minors", 14, 150)
    assert (minors.total_minutes, minors.phases) == (35 * 60, ())


def test_weekly_themes_are_eight_for_women_and_lower_level_offences_outside_the_probation_office() -> None:
    """S4.1, S4.2, S4.4."""
    command = the_command("weekly-themes")
    assert [module.title for module in command.modules] == [
        "Victim empathy",
        "Emotional well-being",
        "Understanding risk-factors",
        "Rules",
        "Moral reasoning",
        "Communication skills",
        "Social skills",
        "Managing emotions",
    ]
    assert command.audience.female_only
    assert command.audience.offence_severities == ("lower-level",)
    assert command.venue_kinds
    assert not [kind for kind in command.venue_kinds if "probation" in kind]
    assert [variant.session_count for variant in command.variants] == [8]
