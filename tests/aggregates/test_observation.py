from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import observation
from scp_events.aggregates.observation import events
from scp_events.aggregates.observation.commands import (
    ChangeResidence,
    EndCustody,
    ObservationCommand,
    StartCustody,
)
from scp_events.aggregates.observation.events import Interruption, Moved, NotObserved, interruptions
from scp_events.history import effective
from scp_events.scenario import Given, Happened, given, on
from scp_events.vocabulary import Correct, OrganisationId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import DIED, REGISTERED
from tests.words import event_id, grounds

pytestmark = pytest.mark.once

HELD_AS, RELEASED_AS, AWAY_AS, BACK_AS = map(event_id, range(941, 945))
PRISON, REMAND_HOME = OrganisationId("example-prison"), OrganisationId("example-remand-home")

HOLD = StartCustody(event_id=HELD_AS, custody_kind="remand", held_by=PRISON)
RELEASE = EndCustody(event_id=RELEASED_AS)
LEAVE = ChangeResidence(event_id=AWAY_AS, area="example-island", moved=Moved.OUT_OF_AREA)
RETURN = ChangeResidence(event_id=BACK_AS, area="example-town", moved=Moved.INTO_AREA)
EVERY_COMMAND: tuple[ObservationCommand, ...] = (HOLD, RELEASE, LEAVE, RETURN)

HELD = events.CustodyStarted(**dict(HOLD))
RELEASED = events.CustodyEnded(**dict(RELEASE))
AWAY = events.ResidenceChanged(**dict(LEAVE))
BACK = events.ResidenceChanged(**dict(RETURN))


def told(*happened: Happened) -> Given:
    return given(observation, *happened)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def observed(*happened: Happened) -> bool:
    return bool(observation.view(told(*happened).state).observed)


def interrupted(*happened: Happened, knowing: tuple[Happened, ...] = ()) -> list[Interruption]:
    """Return what interrupts being observed, with what the participant's stream says."""
    place = told(*happened).knowing(*knowing)
    return interruptions(effective([*place.facts_of_others(), *place.facts()]))


# --- custody ----------------------------------------------------------------------------------------------


def test_custody_is_started_and_ended() -> None:
    """It may be older than the registration: what is counted may begin before the programme does."""
    told().when(HOLD).then(HELD)
    told(HELD).when(RELEASE).then(RELEASED)
    assert [observed(), observed(HELD), observed(HELD, RELEASED)] == [True, False, True]


def test_nobody_is_held_in_two_places() -> None:
    told(HELD).when(but(HOLD, event_id=None)).then_nothing_new()
    told(HELD).when(but(HOLD, event_id=None, held_by=REMAND_HOME)).then_refused("in-custody")
    told(HELD).when(but(HOLD, event_id=None, custody_kind="sentence")).then_refused("in-custody")
    assert told(HELD, RELEASED).when(but(HOLD, event_id=None, held_by=REMAND_HOME)).events


def test_only_who_is_held_is_released() -> None:
    told().when(RELEASE).then_refused("not-in-custody")
    told(HELD, RELEASED).when(but(RELEASE, event_id=None)).then_refused("not-in-custody")
    told(on("2025-03-10", HELD)).when(RELEASE, on="2025-03-09").then_refused("not-in-custody")


# --- residence --------------------------------------------------------------------------------------------


def test_moving_away_ends_being_observed_until_they_move_back() -> None:
    told().when(LEAVE).then(AWAY)
    told(AWAY).when(RETURN).then(BACK)
    told(AWAY).when(but(LEAVE, event_id=None)).then_nothing_new()
    assert told(AWAY).when(but(LEAVE, event_id=None, area="another-island")).events
    assert [observed(AWAY), observed(AWAY, BACK), observed(BACK)] == [False, True, True]


def test_who_is_held_at_home_and_who_is_free_away_are_both_not_observed() -> None:
    assert not observed(HELD, AWAY)
    assert not observed(HELD, AWAY, BACK)
    assert not observed(HELD, AWAY, RELEASED)


# --- death ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [HOLD, LEAVE], ids=lambda c: type(c).__name__)
def test_the_dead_are_not_held_and_do_not_move(command: ObservationCommand) -> None:
    dead = told().knowing(on("2025-06-01", DIED))
    dead.when(command, on="2025-06-02").then_refused("died")
    assert dead.when(command, on="2025-05-31").events, "it was so before, and is told late"


def test_that_custody_ended_is_said_of_who_died_in_it() -> None:
    known = told(on("2025-05-01", HELD)).knowing(on("2025-06-01", DIED))
    assert known.when(RELEASE, on="2025-06-02").events


# --- what interrupts --------------------------------------------------------------------------------------


def test_custody_and_absence_interrupt_each_for_itself() -> None:
    """Section 2.2: time at risk leaves them out."""
    assert interrupted(
        on("2025-01-10", HELD), on("2025-02-01", AWAY), on("2025-03-01", RELEASED), on("2025-04-01", BACK)
    ) == [
        Interruption(NotObserved.IN_CUSTODY, date(2025, 1, 10), date(2025, 3, 1)),
        Interruption(NotObserved.AWAY, date(2025, 2, 1), date(2025, 4, 1)),
    ]


def test_what_lasts_has_no_end() -> None:
    moved_on = but(AWAY, event_id=event_id(9), area="another-island")
    assert interrupted(on("2025-02-01", AWAY), on("2025-03-01", moved_on), on("2025-04-01", REGISTERED)) == [
        Interruption(NotObserved.AWAY, date(2025, 2, 1), None)
    ]


def test_death_ends_everything_else_and_lasts() -> None:
    died = (on("2025-03-01", DIED),)
    history = (on("2025-01-10", HELD), on("2025-02-01", AWAY), on("2025-03-02", RELEASED))
    assert interrupted(*history, knowing=died) == [
        Interruption(NotObserved.IN_CUSTODY, date(2025, 1, 10), date(2025, 3, 1)),
        Interruption(NotObserved.AWAY, date(2025, 2, 1), date(2025, 3, 1)),
        Interruption(NotObserved.DEAD, date(2025, 3, 1), None),
    ]


def test_what_was_told_of_a_later_day_before_the_death_was_known_interrupts_nothing() -> None:
    died = (on("2025-03-01", DIED),)
    assert interrupted(on("2025-03-02", AWAY), on("2025-03-03", HELD), knowing=died) == [
        Interruption(NotObserved.DEAD, date(2025, 3, 1), None)
    ]


def test_who_was_never_held_nor_away_is_not_interrupted_by_being_released_or_moving_in() -> None:
    assert interrupted(on("2025-01-10", RELEASED), on("2025-02-01", BACK)) == []


def test_a_late_entry_interrupts_as_of_its_own_day() -> None:
    assert interrupted(on("2025-03-01", RELEASED), on("2025-01-10", HELD)) == [
        Interruption(NotObserved.IN_CUSTODY, date(2025, 1, 10), date(2025, 3, 1))
    ]


# --- corrections ------------------------------------------------------------------------------------------


def test_custody_that_never_was_is_retracted_and_interrupts_nothing() -> None:
    known = told(on("2025-01-10", HELD))
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=HELD_AS)))
    assert interruptions(effective(retracted.facts())) == []


def test_a_release_is_not_corrected_to_a_day_before_custody() -> None:
    known = told(on("2025-01-10", HELD), on("2025-03-01", RELEASED))
    moved = Correct(
        decision=grounds(),
        corrects=RELEASED_AS,
        instead=but(RELEASE, event_id=None),
        occurred_at=date(2025, 1, 9),
    )
    known.when(moved).then_refused("not-in-custody")
    later = moved.model_copy(update={"occurred_at": date(2025, 2, 1)})
    corrected = known.then_so(known.when(later))
    assert [each.until for each in interruptions(effective(corrected.facts()))] == [date(2025, 2, 1)]


ASKED = one_of_these(
    *EVERY_COMMAND,
    *(but(command, event_id=event_id(950 + n)) for n, command in enumerate(EVERY_COMMAND)),
    but(HOLD, event_id=event_id(958), held_by=REMAND_HOME),
)
TestLaws = machine(observation, ASKED, knowing=[REGISTERED]).TestCase
