from __future__ import annotations

from typing import Any

import pytest

from scp_events.aggregates import programme
from scp_events.aggregates.programme.commands import (
    DefineProgramme,
    ProgrammeCommand,
    RetireProgramme,
    ReviseProgramme,
)
from scp_events.aggregates.programme.events import (
    Audience,
    Module,
    OfAge,
    ProgrammeDefined,
    ProgrammeRetired,
    ProgrammeRevised,
    Variant,
)
from scp_events.scenario import Given, Happened, given, on
from tests.aggregates.laws import machine, one_of_these
from tests.words import event_id

pytestmark = pytest.mark.once

DEFINED_AS, REVISED_AS, RETIRED_AS = map(event_id, range(801, 804))

ADULTS = Variant(
    code="adults",
    of_age=OfAge.ADULTS,
    session_count=15,
    session_minutes=120,
    total_minutes=1800,
    phases=("anamnesis", "focus", "evaluation"),
)
MINORS = Variant(
    code="minors", of_age=OfAge.MINORS, session_count=14, session_minutes=150, total_minutes=2100
)
DEFINE = DefineProgramme(
    event_id=DEFINED_AS,
    template_version="2025.1",
    title="Invented resocialisation",
    variants=(ADULTS, MINORS),
    modules=(Module(code="story", title="One's own story", phase="anamnesis"),),
    audience=Audience(youngest_years=12),
    venue_kinds=("community-centre",),
    evidence_base=("An invented paper of 2020",),
)
REVISE = ReviseProgramme.model_validate(
    dict(DEFINE) | {"event_id": REVISED_AS, "template_version": "2025.2", "variants": (ADULTS,)}
)
RETIRE = RetireProgramme(event_id=RETIRED_AS, reason_code="replaced")
EVERY_COMMAND: tuple[ProgrammeCommand, ...] = (DEFINE, REVISE, RETIRE)

DEFINED = ProgrammeDefined(**dict(DEFINE), code="resocialisation")
REVISED = ProgrammeRevised(**dict(REVISE))
RETIRED = ProgrammeRetired(**dict(RETIRE))


def told(*happened: Happened) -> Given:
    return given(programme, *happened)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), "event_id": None, **changes})


def test_a_programme_is_defined_under_what_people_call_it() -> None:
    """S0.3, S2.9, S2.10: its variants, its phases and what it is based on are there."""
    [event] = told().when(DEFINE).events
    assert event == DEFINED.model_copy(update={"code": "programme"})


def test_a_programme_is_defined_once() -> None:
    told(DEFINED).when(but(DEFINE)).then_nothing_new()
    told(DEFINED).when(but(DEFINE, title="Another")).then_refused("already-defined")


def test_a_revision_says_something_new_under_a_version_of_its_own() -> None:
    told(DEFINED).when(REVISE).then(REVISED)
    told(DEFINED, REVISED).when(but(REVISE)).then_nothing_new()
    told(DEFINED, REVISED).when(but(REVISE, title="Another")).then_refused("version-taken")
    told(DEFINED, REVISED).when(but(REVISE, template_version="2025.1")).then_refused("version-taken")


def test_nothing_is_revised_or_retired_that_was_not_defined() -> None:
    told().when(REVISE).then_refused("not-defined")
    told().when(RETIRE).then_refused("not-defined")
    told(on("2025-03-10", DEFINED)).when(REVISE, on="2025-03-09").then_refused("not-defined")


def test_a_retired_programme_is_revised_no_more_and_retired_once() -> None:
    told(DEFINED).when(RETIRE).then(RETIRED)
    told(DEFINED, RETIRED).when(REVISE).then_refused("retired")
    told(DEFINED, RETIRED).when(but(RETIRE)).then_nothing_new()


def test_every_version_stays_readable() -> None:
    seen = programme.view(told(DEFINED, REVISED, RETIRED).state)
    assert [version.template_version for version in seen.versions] == ["2025.1", "2025.2"]
    assert seen.retired


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"variants": (ADULTS, ADULTS)}, "named-twice"),
        ({"modules": DEFINE.modules * 2}, "named-twice"),
        ({"variants": (MINORS,)}, "no-such-phase"),
    ],
    ids=["one variant twice", "one module twice", "a phase nobody enters"],
)
def test_the_parts_of_a_programme_fit_together(changes: dict[str, object], rule: str) -> None:
    told().when(but(DEFINE, **changes)).then_refused(rule)
    told(DEFINED).when(but(REVISE, **changes)).then_refused(rule)


TestLaws = machine(programme, one_of_these(*EVERY_COMMAND)).TestCase
