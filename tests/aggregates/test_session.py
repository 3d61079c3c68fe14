from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scp_events.aggregates import session
from scp_events.aggregates.engagement.events import Medium
from scp_events.aggregates.programme.events import (
    Module,
    OfAge,
    ProgrammeDefined,
    ProgrammeRetired,
    ProgrammeRevised,
    Variant,
)
from scp_events.aggregates.session.commands import (
    CancelSession,
    RecordSessionCost,
    RecordSessionHeld,
    RescheduleSession,
    ScheduleSession,
    SessionCommand,
)
from scp_events.aggregates.session.events import (
    SessionCancelled,
    SessionCostRecorded,
    SessionHeld,
    SessionRescheduled,
    SessionScheduled,
)
from scp_events.history import contradictions_of
from scp_events.scenario import Given, Happened, at, given, on
from scp_events.vocabulary import Correct, PersonId
from tests.aggregates.laws import machine, one_of_these
from tests.words import SUPERVISOR, event_id, grounds

pytestmark = pytest.mark.once

FACILITATOR = PersonId("kw-juniper")
DEFINED = ProgrammeDefined(
    event_id=event_id(811),
    code="invented-programme",
    template_version="2025.1",
    title="Invented programme",
    variants=(
        Variant(code="anybody", of_age=OfAge.ANYBODY, session_count=8, session_minutes=60, total_minutes=480),
    ),
    modules=(Module(code="rules", title="Rules"), Module(code="social-skills", title="Social skills")),
    venue_kinds=("community-centre", "library"),
)
REVISED = ProgrammeRevised(
    event_id=event_id(812),
    template_version="2025.2",
    title="Invented programme, anywhere and on anything",
    variants=DEFINED.variants,
)
RETIRED = ProgrammeRetired(event_id=event_id(813), reason_code="replaced")

SCHEDULE = ScheduleSession(
    event_id=event_id(821),
    programme="invented-programme",
    group="group-a",
    medium=Medium.IN_PERSON,
    venue_kind="community-centre",
    venue="example-hall",
    module="rules",
    facilitators=(FACILITATOR,),
    planned_on=date(2025, 3, 10),
    planned_at="17:30",
    planned_minutes=60,
)
RESCHEDULE = RescheduleSession(
    event_id=event_id(822), planned_on=date(2025, 3, 11), planned_at="18:00", planned_minutes=90
)
CANCEL = CancelSession(event_id=event_id(823), reason_code="storm")
HOLD = RecordSessionHeld(
    event_id=event_id(824),
    medium=Medium.IN_PERSON,
    venue_kind="library",
    module="social-skills",
    facilitators=(FACILITATOR, PersonId("kw-marigold")),
    actual_minutes=75,
)
PAY = RecordSessionCost(
    event_id=event_id(825), cost_kind="room-hire", amount=Decimal("50.00"), currency="GBP"
)
EVERY_COMMAND: tuple[SessionCommand, ...] = (SCHEDULE, RESCHEDULE, CANCEL, HOLD, PAY)

SCHEDULED = SessionScheduled(
    **dict(SCHEDULE),
    code="session",
    template_version="2025.1",
    modules=("rules", "social-skills"),
    venue_kinds=("community-centre", "library"),
)
RESCHEDULED = SessionRescheduled(**dict(RESCHEDULE))
CANCELLED = SessionCancelled(**dict(CANCEL))
HELD = SessionHeld(**dict(HOLD))
PAID = SessionCostRecorded(**dict(PAY))


def told(*happened: Happened) -> Given:
    return given(session, *happened).knowing(DEFINED)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), "event_id": None, **changes})


# --- planning ---------------------------------------------------------------------------------------------


def test_a_session_is_scheduled_under_the_version_of_the_programme_that_is_in_force() -> None:
    told().when(SCHEDULE, on="2025-03-01").then(SCHEDULED)
    later = told().knowing(REVISED)
    [event] = later.when(SCHEDULE, on="2025-03-01").events
    assert (event.template_version, event.modules, event.venue_kinds) == ("2025.2", (), ())  # type: ignore[attr-defined]  # any event


def test_a_session_is_scheduled_once() -> None:
    told(SCHEDULED).when(but(SCHEDULE), on="2025-03-01").then_nothing_new()
    told(SCHEDULED).when(but(SCHEDULE, group="group-b"), on="2025-03-01").then_refused("already-scheduled")


def test_a_session_is_of_a_programme_that_is_there() -> None:
    given(session).when(SCHEDULE, on="2025-03-01").then_refused("no-such-programme")
    late = given(session).knowing(on("2025-03-02", DEFINED))
    late.when(SCHEDULE, on="2025-03-01").then_refused("no-such-programme")


def test_who_is_enrolled_in_a_programme_that_was_retired_goes_on() -> None:
    told().knowing(on("2025-03-02", RETIRED)).when(SCHEDULE, on="2025-03-03").then(SCHEDULED)


def test_nobody_plans_for_a_day_that_is_over() -> None:
    told().when(SCHEDULE, on="2025-03-11").then_refused("date-out-of-bounds")
    told(SCHEDULED).when(RESCHEDULE, on="2025-03-12").then_refused("date-out-of-bounds")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"module": "juggling"}, "no-such-module"), ({"venue_kind": "probation-office"}, "venue-not-suitable")],
    ids=["a theme it does not have", "the probation office (S4.2)"],
)
def test_a_session_is_as_the_programme_says(changes: dict[str, object], rule: str) -> None:
    """S4.2, S4.4: where it may be held and on which themes; a programme that says nothing allows anything."""
    told().when(but(SCHEDULE, **changes), on="2025-03-01").then_refused(rule)
    told(SCHEDULED).when(but(HOLD, **changes), on="2025-03-10").then_refused(rule)
    free = given(session).knowing(DEFINED, REVISED)
    assert free.when(but(SCHEDULE, **changes), on="2025-03-01").events
    assert told(SCHEDULED).when(but(HOLD, module=None), on="2025-03-10").events


# --- what becomes of it -----------------------------------------------------------------------------------


def test_a_session_can_be_moved_until_it_is_held_or_cancelled() -> None:
    told(SCHEDULED).when(RESCHEDULE, on="2025-03-01").then(RESCHEDULED)
    told(SCHEDULED, RESCHEDULED).when(but(RESCHEDULE), on="2025-03-01").then_nothing_new()
    told(SCHEDULED, HELD).when(RESCHEDULE, on="2025-03-01").then_refused("already-held")
    told(SCHEDULED, CANCELLED).when(RESCHEDULE, on="2025-03-01").then_refused("already-cancelled")


def test_a_session_is_cancelled_once_and_not_after_it_was_held() -> None:
    told(SCHEDULED).when(CANCEL).then(CANCELLED)
    told(SCHEDULED, CANCELLED).when(but(CANCEL, reason_code="illness")).then_nothing_new()
    told(SCHEDULED, HELD).when(CANCEL).then_refused("already-held")


def test_a_session_is_held_on_the_day_for_which_it_is_planned() -> None:
    told(SCHEDULED).when(HOLD, on="2025-03-10").then(HELD)
    told(SCHEDULED).when(HOLD, on="2025-03-11").then_refused("another-day")
    told(SCHEDULED, RESCHEDULED).when(HOLD, on="2025-03-11").then(HELD)
    told(SCHEDULED, RESCHEDULED).when(HOLD, on="2025-03-10").then_refused("another-day")


def test_a_session_is_held_once_and_not_after_it_was_cancelled() -> None:
    told(SCHEDULED, HELD).when(but(HOLD), on="2025-03-10").then_nothing_new()
    told(SCHEDULED, HELD).when(but(HOLD, actual_minutes=80), on="2025-03-10").then_refused("already-held")
    told(SCHEDULED, CANCELLED).when(HOLD, on="2025-03-10").then_refused("already-cancelled")


def test_nothing_becomes_of_a_session_before_it_was_scheduled() -> None:
    for command in (RESCHEDULE, CANCEL, HOLD, PAY):
        told().when(command, on="2025-03-09").then_refused("not-scheduled")
        told(on("2025-03-10", SCHEDULED)).when(command, on="2025-03-09").then_refused("not-scheduled")


def test_a_cancellation_reported_late_contradicts_that_the_session_was_held() -> None:
    late = told(SCHEDULED, at("2025-03-10T17:30", HELD), at("2025-03-09T08:00", CANCELLED))
    [found] = contradictions_of(session, late.facts(), lambda _types, _others: late.facts_of_others(), None)
    assert (found.fact.event, found.rule) == (HELD, "already-cancelled")


def test_a_correction_passes_no_guard() -> None:
    """Held somewhere innocent, and corrected to the probation office: S4.2."""
    elsewhere = Correct(
        decision=grounds(), corrects=HELD.event_id, instead=but(HOLD, venue_kind="probation-office")
    )
    held = told(SCHEDULED, on("2025-03-10", HELD))
    held.when(elsewhere, by=SUPERVISOR).then_refused("venue-not-suitable")
    longer = Correct(decision=grounds(), corrects=HELD.event_id, instead=but(HOLD, actual_minutes=90))
    assert held.when(longer, by=SUPERVISOR).events


# --- what it costs ----------------------------------------------------------------------------------------


def test_what_a_session_costs_is_exact_and_has_a_currency() -> None:
    """S4.8: only GBP 50, for room hire."""
    told(SCHEDULED).when(PAY).then(PAID)
    told(SCHEDULED, CANCELLED).when(PAY).then(PAID)
    seen = session.view(told(SCHEDULED, PAID).state)
    assert [(cost.amount, cost.currency) for cost in seen.costs] == [(Decimal("50.00"), "GBP")]
    assert '"50.00"' in PAID.model_dump_json()


@pytest.mark.parametrize("amount", ["0", "0.0001", "1000000000"])
def test_nobody_pays_nothing_too_much_or_a_part_of_the_smallest_coin(amount: str) -> None:
    told(SCHEDULED).when(but(PAY, amount=Decimal(amount))).then_refused("amount-out-of-bounds")


@pytest.mark.parametrize("amount", ["0.001", "999999999.999", "50"])
def test_any_other_sum_is_taken_as_it_is_said(amount: str) -> None:
    [event] = told(SCHEDULED).when(but(PAY, amount=Decimal(amount))).events
    assert isinstance(event, SessionCostRecorded)
    assert str(event.amount) == amount


def test_two_bills_may_be_the_same_and_one_that_is_sent_twice_is_one() -> None:
    paid = told(SCHEDULED, PAID)
    assert len(paid.when(but(PAY)).events) == 1
    paid.when(PAY, at="2025-01-01T09:03").then_nothing_new()


def test_others_read_what_is_planned_and_what_became_of_it() -> None:
    seen = session.view(told(SCHEDULED, RESCHEDULED, HELD).state)
    assert (seen.status, seen.programme, seen.group) == ("held", "invented-programme", "group-a")
    assert seen.appointment is not None
    assert seen.appointment.planned_on == date(2025, 3, 11)
    assert seen.meeting is not None
    assert (seen.meeting.actual_minutes, seen.meeting.module) == (75, "social-skills")
    assert session.view(told(SCHEDULED, CANCELLED).state).status == "cancelled"


TestLaws = machine(session, one_of_these(*EVERY_COMMAND), knowing=(DEFINED,)).TestCase
