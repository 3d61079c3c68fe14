from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from scp_events.aggregates import enrolment
from scp_events.aggregates.enrolment import events
from scp_events.aggregates.enrolment.events import (
    Absence,
    Completion,
    CompletionRequirementsMet,
    Ending,
    ParticipantEnrolled,
    Turnout,
)
from scp_events.aggregates.enrolment.rules import COMPLETION_RULE
from scp_events.aggregates.enrolment.state import Requirements, Status
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.programme.events import Audience, ProgrammeRetired, ProgrammeRevised
from scp_events.aggregates.referral.events import ReferralAccepted, ReferralDrafted
from scp_events.history import AnyFact, contradictions_of
from scp_events.scenario import CASE, Given, Happened, Outcome, at, elsewhere, given, known_as, on
from scp_events.vocabulary import (
    Calendar,
    Correct,
    Erased,
    Event,
    ReferralId,
    Retract,
    Stream,
    named,
)
from tests.aggregates.laws import machine, one_of_these
from tests.examples.enrolment import (
    ACCEPT,
    ADULT,
    ADULTS,
    ANNOUNCE,
    ATTEND,
    BREACH,
    CATCH_UP,
    COMPLETE,
    DEFINED,
    END,
    ENROL,
    ENTER,
    EVERY_COMMAND,
    FAIL,
    FOCUS,
    GO_ON,
    MINOR,
    MINORS,
    MISS,
    OFFER,
    OFFERED,
    OVERRIDE,
    OVERRULE,
    PLAN_AGREED,
    PLAN_AGREED_AS,
    PROGRAMME,
    REJECT,
    RESUME,
    STOP,
    SUSPEND,
    TO_ADULTS,
    TO_MINORS,
    attended,
    born,
    enrolled,
    held,
    missed,
)
from tests.examples.participant import DIED
from tests.words import NOON, REFERRER, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

ANTIGUA = Calendar(ZoneInfo("America/Antigua"))
TONGA = Calendar(ZoneInfo("Pacific/Tongatapu"))
"""Thirteen hours ahead of UTC."""
OTHER = Stream("enrolment", UUID(int=8))
REFERRED = Stream("referral", UUID(int=9))
REFERRAL_ID = ReferralId(REFERRED.id)
DAY = "2025-03-03"


def offered(*more: Happened, who: ParticipantRegistered = ADULT) -> Given:
    return given(enrolment, OFFERED, *more).knowing(who, elsewhere(named("programme", PROGRAMME), DEFINED))


def on_it(*more: Happened, variant: Any = ADULTS) -> Given:
    """Return that somebody was enrolled, and what has happened since."""
    return offered(enrolled(variant), *more)


def in_all(minutes: int, *, variant: Any = ADULTS) -> list[events.AttendanceRecorded]:
    """Return the attendances that come to so many minutes."""
    whole, rest = divmod(minutes, 150)
    lengths = [150] * whole + ([rest] if rest else [])
    return [attended(number, length, variant) for number, length in enumerate(lengths)]


def but(said: Any, **changes: object) -> Any:
    more = {"event_id": None} if "event_id" in type(said).model_fields else {}
    return type(said).model_validate({**dict(said), **more, **changes})


def agreed_on(day: str) -> Happened:
    return PLAN_AGREED._replace(when=date.fromisoformat(day))


def seen(so_far: Given) -> Any:
    return enrolment.view(so_far.state)


def told(so_far: Given) -> list[tuple[type[Event], str]]:
    """Return which facts contradict what stands before them, and by which rule."""
    known = [*so_far.facts_of_others(), *so_far.facts()]

    def facts_of(types: tuple[type[Event], ...], others: Collection[UUID]) -> Sequence[AnyFact]:
        return [
            fact
            for fact in known
            if getattr(fact.event, "OF", type(fact.event)) in types
            and (fact.stream.category not in {"session", "programme"} or fact.stream.id in others)
        ]

    found = contradictions_of(enrolment, so_far.facts(), facts_of, CASE)
    return [(type(each.fact.event), each.rule) for each in found]


def told_of_completion(so_far: Given) -> list[tuple[type[Event], str]]:
    """Return which announcements and decisions no longer fit; nobody told of the sessions themselves."""
    return [(kind, rule) for kind, rule in told(so_far) if kind is not events.AttendanceRecorded]


# --- who is admitted --------------------------------------------------------------------------------------


def test_a_place_is_offered_in_a_programme_that_admits_people() -> None:
    place = given(enrolment)
    known = place.knowing(ADULT, DEFINED)
    known.when(OFFER).then(OFFERED)
    place.knowing(DEFINED).when(OFFER).then_refused("not-registered")
    place.knowing(ADULT).when(OFFER).then_refused("no-such-programme")
    known.knowing(DIED).when(OFFER).then_refused("died")
    retired = known.knowing(on("2025-03-01", ProgrammeRetired(event_id=event_id(1), reason_code="replaced")))
    retired.when(OFFER, on="2025-03-02").then_refused("programme-retired")
    assert retired.when(OFFER, on="2025-02-28").events


def test_a_place_is_offered_once() -> None:
    offered().when(but(OFFER)).then_nothing_new()
    offered().when(but(OFFER, group="group-b")).then_refused("already-offered")
    on_it().when(but(OFFER, programme="another")).then_refused("already-offered")


def test_enrolment_pins_the_version_that_is_in_force_that_day() -> None:
    """S2.9, D1: with its variants, and the minutes that are required."""
    offered().when(ENROL, by=SUPERVISOR).then(enrolled())
    revised = ProgrammeRevised(
        event_id=event_id(2),
        template_version="2025.2",
        title="Longer",
        variants=(ADULTS.model_copy(update={"total_minutes": 2000}),),
    )
    later = offered().knowing(on("2025-03-01", revised))
    [before] = later.when(ENROL, on="2025-02-28").events
    [after] = later.when(ENROL, on="2025-03-01").events
    assert isinstance(before, ParticipantEnrolled)
    assert isinstance(after, ParticipantEnrolled)
    assert (before.template_version, before.required_minutes) == ("2025.1", 1800)
    assert (after.template_version, after.required_minutes) == ("2025.2", 2000)
    assert seen(later.then_so(later.when(ENROL, on="2025-03-01"))).required_minutes == 2000


def test_nobody_is_enrolled_without_a_place_or_twice() -> None:
    given(enrolment).knowing(ADULT, DEFINED).when(ENROL).then_refused("not-offered")
    offered().when(but(ENROL, programme="another")).then_refused("another-programme")
    on_it().when(ENROL).then_nothing_new()
    on_it().when(but(ENROL, variant="minors")).then_refused("enrolment-decided")
    ended = events.EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN)
    offered(ended).when(ENROL).then_refused("enrolment-decided")


def test_only_who_is_there_is_enrolled_in_a_programme_that_admits_people() -> None:
    offered().knowing(DIED).when(ENROL).then_refused("died")
    given(enrolment, OFFERED).knowing(DEFINED).when(ENROL).then_refused("not-registered")
    given(enrolment, OFFERED).knowing(ADULT).when(ENROL).then_refused("no-such-programme")
    retired = ProgrammeRetired(event_id=event_id(1), reason_code="replaced")
    offered().knowing(retired).when(ENROL).then_refused("programme-retired")
    offered().when(but(ENROL, variant="elders")).then_refused("no-such-variant")


def test_nobody_is_on_one_programme_twice() -> None:
    other = elsewhere(OTHER, on("2025-02-01", enrolled()))
    both = offered().knowing(other)
    both.when(ENROL).then_refused("already-enrolled")
    assert both.when(ENROL, on="2025-01-31").events
    for over in (
        events.EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN),
        events.ProgrammeCompleted(
            decision=decision(), credited_minutes=1800, required_minutes=1800, rule_version="2025.1"
        ),
        events.CompletionOverridden(decision=decision(), outcome=Completion.COMPLETED),
    ):
        gone = both.knowing(elsewhere(OTHER, on("2025-02-02", over)))
        assert gone.when(ENROL).events
        back = events.CompletionOverridden(decision=decision(), outcome=Completion.NOT_COMPLETED)
        gone.knowing(elsewhere(OTHER, on("2025-02-03", back))).when(ENROL).then_refused("already-enrolled")
    another = enrolled().model_copy(update={"programme": "another"})
    assert offered().knowing(elsewhere(OTHER, another)).when(ENROL).events


def test_a_correction_enrols_nobody_twice() -> None:
    """Somebody was enrolled before a place elsewhere was taken; moving that day would put them on both."""
    ended = events.EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN)
    ended_as = event_id(77)
    here = offered(on("2025-01-20", enrolled()), known_as(ended_as, on("2025-01-31", ended)))
    both = here.knowing(elsewhere(OTHER, OFFERED), elsewhere(OTHER, on("2025-02-01", enrolled())))
    instead = {"decision": grounds(), "corrects": ended_as, "instead": END}
    both.when(Correct(**instead, occurred_at=date(2025, 2, 2)), by=SUPERVISOR).then_refused(
        "already-enrolled"
    )
    assert both.when(Correct(**instead, occurred_at=date(2025, 1, 30)), by=SUPERVISOR).events
    gone = Retract(decision=grounds(), corrects=ended_as)
    both.when(gone, by=SUPERVISOR).then_refused("already-enrolled")


# --- by age -----------------------------------------------------------------------------------------------


def enrolling(birth: str, day: str, variant: str, calendar: Calendar = ANTIGUA) -> Outcome:
    """Return what comes of enrolling somebody, at eight in the evening by the organisation's clocks."""
    evening = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=calendar.zone)
    known = given(enrolment, OFFERED).knowing(born(birth), DEFINED).in_days_of(calendar)
    return known.when(but(ENROL, variant=variant), at=evening.isoformat())


@pytest.mark.parametrize("calendar", [ANTIGUA, TONGA], ids=["Antigua", "UTC+13"])
@pytest.mark.parametrize(
    ("birth", "day", "variant", "other"),
    [
        ("2007-06-15", "2025-06-14", "minors", "adults"),
        ("2007-06-15", "2025-06-15", "adults", "minors"),
        ("2007-06-15", "2025-06-16", "adults", "minors"),
        ("2008-02-29", "2026-02-27", "minors", "adults"),
        ("2008-02-29", "2026-02-28", "minors", "adults"),
        ("2008-02-29", "2026-03-01", "adults", "minors"),
    ],
    ids=[
        "the day before the 18th birthday",
        "on the 18th birthday",
        "the day after it",
        "born on 29 February, two days before March",
        "born on 29 February, the day before March",
        "born on 29 February, on 1 March",
    ],
)
def test_the_variant_is_for_the_age_on_the_day_of_enrolment(
    birth: str, day: str, variant: str, other: str, calendar: Calendar
) -> None:
    """D1: in the days of the organisation; at eight in the evening it is another day in UTC or was."""
    assert enrolling(birth, day, variant, calendar).events
    enrolling(birth, day, other, calendar).then_refused("variant-of-another-age")


def test_a_birthday_begins_at_the_organisations_midnight() -> None:
    """The same instant is the birthday in one place and the day before it in the other."""
    instant = "2025-06-14T12:00:00+00:00"
    known = given(enrolment, OFFERED).knowing(born("2007-06-15"), DEFINED)
    assert known.in_days_of(TONGA).when(but(ENROL, variant="adults"), at=instant).events
    assert known.in_days_of(ANTIGUA).when(but(ENROL, variant="minors"), at=instant).events


def test_a_variant_for_anybody_is_for_anybody() -> None:
    anybody = DEFINED.model_copy(
        update={"variants": (ADULTS.model_copy(update={"of_age": "anybody"}), MINORS)}
    )
    for who in (ADULT, MINOR):
        assert given(enrolment, OFFERED).knowing(who, anybody).when(ENROL).events


def test_a_corrected_birth_contradicts_the_variant() -> None:
    assert told(on_it()) == []
    younger = offered(enrolled(), who=MINOR)
    assert told(younger) == [(ParticipantEnrolled, "variant-of-another-age")]


def test_an_erased_birth_is_judged_no_more() -> None:
    erased = Erased(key_id=UUID(int=1), at=NOON)
    gone = offered(enrolled(), who=ADULT.model_copy(update={"date_of_birth": erased}))
    assert told(gone) == []
    of_age = DEFINED.model_copy(update={"audience": Audience(youngest_years=12, oldest_years=14)})
    gone = given(enrolment, OFFERED).knowing(ADULT.model_copy(update={"date_of_birth": erased}), of_age)
    assert gone.when(ENROL).events


@pytest.mark.parametrize(
    ("birth", "admitted"),
    [("2012-06-15", False), ("2012-03-03", True), ("2009-03-04", True), ("2009-03-03", False)],
    ids=["twelve", "thirteen that day", "fifteen still", "sixteen that day"],
)
def test_who_is_too_young_or_too_old_is_not_admitted(birth: str, admitted: bool) -> None:  # noqa: FBT001 - a row of a table
    ages = DEFINED.model_copy(update={"audience": Audience(youngest_years=13, oldest_years=15)})
    known = given(enrolment, OFFERED).knowing(born(birth), ages)
    outcome = known.when(but(ENROL, variant="minors"), on=DAY)
    assert outcome.events if admitted else outcome.then_refused("not-of-the-audience") is None
    young = DEFINED.model_copy(update={"audience": Audience(youngest_years=13)})
    assert given(enrolment, OFFERED).knowing(ADULT, young).when(ENROL).events


@pytest.mark.parametrize(
    "audience", [Audience(female_only=True), Audience(offence_severities=("lower-level",))]
)
def test_what_no_record_says_of_the_audience_somebody_makes_sure_of(audience: Audience) -> None:
    """S4.1: women only, lower-level offences only."""
    some = DEFINED.model_copy(update={"audience": audience})
    known = given(enrolment, OFFERED).knowing(ADULT, some)
    known.when(ENROL).then_refused("audience-not-confirmed")
    assert known.when(but(ENROL, audience_confirmed=True)).events


def test_whoever_was_referred_comes_through_an_accepted_referral() -> None:
    drafted = ReferralDrafted(
        event_id=event_id(3),
        case_reference="SC-2025-001",
        referred_by=REFERRER,
        expires_on=date(2025, 6, 1),
        programme=PROGRAMME,
        route="diversion",
        circumstances="An invented account.",
        policy_version="2025.1",
    )
    accepted = elsewhere(REFERRED, known_as(event_id(4), ReferralAccepted(decision=decision())))
    waiting = offered().knowing(elsewhere(REFERRED, drafted))
    waiting.when(ENROL).then_refused("referral-not-named")
    through = but(ENROL, referral_id=REFERRAL_ID)
    waiting.when(through).then_refused("referral-not-accepted")
    [event] = waiting.knowing(accepted).when(through).events
    assert isinstance(event, ParticipantEnrolled)
    assert event.decision.relied_on == (event_id(4),)
    offered().when(through).then_refused("referral-not-named")
    another = drafted.model_copy(update={"programme": "another"})
    assert offered().knowing(elsewhere(REFERRED, another)).when(ENROL).events


# --- variants and phases ----------------------------------------------------------------------------------


def test_who_comes_of_age_keeps_the_minor_variant_until_a_decision_changes_it() -> None:
    """D1: the 18th birthday passes, and 2,100 minutes are asked for all the same."""
    half = offered(enrolled(MINORS), *in_all(1800, variant=MINORS), who=born("2007-01-02")).knowing(
        PLAN_AGREED
    )
    half.when(COMPLETE, on="2025-06-01").then_refused("minutes-missing")
    assert (seen(half).variant, seen(half).required_minutes) == ("minors", 2100)
    [changed, met] = half.when(TO_ADULTS, by=SUPERVISOR).events
    assert changed == events.VariantChanged(
        decision=decision(reason_code="came-of-age"), variant="adults", required_minutes=1800
    )
    assert isinstance(met, CompletionRequirementsMet)
    later = half.then_so(half.when(TO_ADULTS))
    assert (seen(later).variant, seen(later).required_minutes) == ("adults", 1800)


def test_a_variant_is_one_of_the_version_that_was_pinned_and_changed_while_enrolled() -> None:
    on_it().when(TO_ADULTS).then_nothing_new()
    on_it().when(but(TO_ADULTS, variant="elders")).then_refused("no-such-variant")
    offered().when(TO_MINORS).then_refused("not-enrolled")
    [event] = on_it().when(TO_MINORS).events
    assert isinstance(event, events.VariantChanged)
    assert event.required_minutes == 2100


def test_phases_are_entered_in_order_where_there_are_any() -> None:
    """S2.9: anamnesis, focus, evaluation; S2.10 states none for minors."""
    entered = events.PhaseEntered(**dict(ENTER))
    on_it().when(ENTER).then(entered)
    on_it().when(FOCUS).then_refused("phase-out-of-order")
    on_it(entered).when(but(ENTER)).then_nothing_new()
    assert on_it(entered).when(FOCUS).events
    on_it(entered).when(but(ENTER, phase="evaluation")).then_refused("phase-out-of-order")
    focused = on_it(entered, events.PhaseEntered(**dict(FOCUS)))
    focused.when(but(ENTER)).then_refused("phase-out-of-order")
    assert seen(focused).phase == "focus"
    last = on_it(entered, but(events.PhaseEntered(**dict(FOCUS)), event_id=event_id(5), phase="evaluation"))
    last.when(FOCUS).then_refused("phase-out-of-order")
    on_it(variant=MINORS).when(ENTER).then_refused("phase-out-of-order")
    offered().when(ENTER).then_refused("not-enrolled")
    switched = events.VariantChanged(decision=decision(), variant="minors", required_minutes=2100)
    assert seen(on_it(entered, switched)).phase is None


# --- attendance -------------------------------------------------------------------------------------------


def attending(*more: Happened, minutes: int = 120, variant: Any = ADULTS) -> Given:
    return on_it(*more, variant=variant).knowing(*held("session-1", DAY, minutes))


def the_attendance(outcome: Outcome) -> events.AttendanceRecorded:
    event = outcome.events[0]
    assert isinstance(event, events.AttendanceRecorded)
    return event


@pytest.mark.parametrize(
    ("arrived", "left", "status", "credited"),
    [
        (0, 120, Turnout.ATTENDED, 120),
        (15, 120, Turnout.LATE, 105),
        (0, 90, Turnout.LEFT_EARLY, 90),
        (15, 90, Turnout.LATE_AND_LEFT_EARLY, 75),
        (119, 120, Turnout.LATE, 1),
    ],
)
def test_the_minutes_count_for_which_somebody_was_there(
    arrived: int, left: int, status: Turnout, credited: int
) -> None:
    """D2: minutes, not sessions."""
    came = but(ATTEND, arrived_minutes=arrived, left_minutes=left)
    event = the_attendance(attending().when(came, on=DAY))
    assert (event.status, event.credited_minutes, event.held_minutes) == (status, credited, 120)


@pytest.mark.parametrize(
    "presence",
    [
        {"left_minutes": 121},
        {"arrived_minutes": 120},
        {"arrived_minutes": 60, "left_minutes": 59},
        {"left_minutes": None},
        {"arrived_minutes": None},
        {"arrived_minutes": None, "left_minutes": None},
        {"absence": Absence.LOGISTICS},
        {"absence": Absence.LOGISTICS, "arrived_minutes": None},
        {"absence": Absence.LOGISTICS, "left_minutes": None},
    ],
)
def test_nothing_is_credited_beyond_what_was_held_or_is_unclear(presence: dict[str, object]) -> None:
    attending().when(but(ATTEND, **presence), on=DAY).then_refused("presence-unclear")


def test_who_did_not_come_is_credited_nothing() -> None:
    stayed_away = but(ATTEND, arrived_minutes=None, left_minutes=None, absence=Absence.LOGISTICS)
    event = the_attendance(attending().when(stayed_away, on=DAY))
    assert (event.status, event.credited_minutes) == (Turnout.ABSENT, 0)


def test_a_session_that_is_too_short_is_flagged_and_counts_where_the_version_says_so() -> None:
    """D3: whether its minutes count is pinned with the version."""
    short = but(ATTEND, left_minutes=119)
    event = the_attendance(attending(minutes=119).when(short, on=DAY))
    assert (event.conforming, event.credited_minutes) == (False, 119)
    assert the_attendance(attending().when(but(ATTEND), on=DAY)).conforming
    strict = DEFINED.model_copy(
        update={"variants": (ADULTS.model_copy(update={"short_sessions_count": False}),)}
    )
    known = offered(enrolled(of=strict)).knowing(*held("session-1", DAY, 119))
    event = the_attendance(known.when(short, on=DAY))
    assert (event.conforming, event.credited_minutes, event.status) == (False, 0, Turnout.ATTENDED)
    known = offered(enrolled(of=strict)).knowing(*held("session-1", DAY, 120))
    assert the_attendance(known.when(ATTEND, on=DAY)).credited_minutes == 120


def test_nobody_attends_a_session_before_it_was_held_or_on_another_day() -> None:
    on_it().when(ATTEND, on=DAY).then_refused("session-not-held")
    attending().when(ATTEND, at=f"{DAY}T09:59").then_refused("session-not-held")
    attending().when(ATTEND, on="2025-03-02").then_refused("session-not-held")
    assert attending().when(ATTEND, at=f"{DAY}T10:00").events
    attending().when(ATTEND, on="2025-03-04").then_refused("another-day")
    planned, _ = held("session-1", DAY)
    on_it().knowing(planned).when(ATTEND, on=DAY).then_refused("session-not-held")


def test_attendance_is_of_a_session_of_the_programme() -> None:
    other = on_it().knowing(*held("session-1", DAY, programme="another"))
    other.when(ATTEND, on=DAY).then_refused("session-of-another-programme")


def test_each_session_counts_once_however_often_it_is_reported() -> None:
    came = attending(at(f"{DAY}T10:00", events.AttendanceRecorded(**_credited(ATTEND, 120))))
    came.when(but(ATTEND), on=DAY).then_refused("already-recorded")
    came.when(ATTEND, on=DAY).then_nothing_new()
    assert seen(came).credited_minutes == 120


def _credited(command: Any, minutes: int) -> dict[str, Any]:
    return {
        **dict(command),
        "status": Turnout.ATTENDED,
        "held_minutes": 120,
        "conforming": True,
        "credited_minutes": minutes,
    }


def test_only_who_is_enrolled_and_alive_attends() -> None:
    offered().knowing(*held("session-1", DAY)).when(ATTEND, on=DAY).then_refused("not-enrolled")
    rest = on("2025-02-01", events.EnrolmentSuspended(decision=decision()))
    attending(rest).when(ATTEND, on=DAY).then_refused("not-enrolled")
    attending().knowing(on("2025-03-01", DIED)).when(ATTEND, on=DAY).then_refused("died")


def test_what_was_right_then_is_taken_after_the_end() -> None:
    """A report is decided as of its own time."""
    ended = on("2025-04-01", events.EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN))
    assert attending(ended).when(ATTEND, on=DAY).events
    ended = on("2025-03-01", events.EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN))
    attending(ended).when(ATTEND, on=DAY).then_refused("not-enrolled")


def test_a_session_that_turns_out_shorter_contradicts_the_presence() -> None:
    came = at(f"{DAY}T10:00", events.AttendanceRecorded(**_credited(ATTEND, 120)))
    assert told(attending(came)) == []
    assert told(attending(came, minutes=100)) == [(events.AttendanceRecorded, "presence-unclear")]


# --- absence and catching up ------------------------------------------------------------------------------

MISSED = events.AttendanceRecorded(
    **dict(MISS), status=Turnout.ABSENT, held_minutes=120, conforming=True, credited_minutes=0
)
ACCEPTED = events.AbsenceReasonAccepted(decision=decision(), session="session-2")
REJECTED = events.AbsenceReasonRejected(decision=decision(), session="session-2")
CAUGHT_UP = events.CatchUpCredited(**dict(CATCH_UP))


def test_why_somebody_stayed_away_is_accepted_or_rejected_where_they_did() -> None:
    on_it(MISSED).when(ACCEPT, by=SUPERVISOR).then(ACCEPTED)
    on_it(MISSED, ACCEPTED).when(ACCEPT).then_nothing_new()
    on_it(MISSED, ACCEPTED).when(REJECT, by=SUPERVISOR).then(REJECTED)
    on_it(MISSED, ACCEPTED, REJECTED).when(REJECT).then_nothing_new()
    on_it(MISSED, ACCEPTED, REJECTED).when(ACCEPT, by=SUPERVISOR).then(ACCEPTED)
    on_it().when(ACCEPT).then_refused("not-absent")
    came = on_it(attended(1, 120))
    came.when(but(REJECT, session="meeting-1")).then_refused("not-absent")


def test_an_accepted_reason_credits_nothing() -> None:
    assert seen(on_it(MISSED, ACCEPTED)).credited_minutes == 0
    assert (seen(on_it(MISSED, ACCEPTED)).missed, seen(on_it(MISSED, ACCEPTED)).attended) == (1, 0)


def test_what_was_missed_can_be_made_up_for_and_no_more() -> None:
    """S2.18: with sessions of the least length there is no slack."""
    on_it(MISSED).when(CATCH_UP).then(CAUGHT_UP)
    assert seen(on_it(MISSED, CAUGHT_UP)).credited_minutes == 60
    on_it(MISSED).when(but(CATCH_UP, minutes=121)).then_refused("more-than-was-missed")
    on_it(MISSED, CAUGHT_UP).when(but(CATCH_UP, minutes=61)).then_refused("more-than-was-missed")
    assert on_it(MISSED, CAUGHT_UP).when(but(CATCH_UP, minutes=60)).events
    on_it().when(CATCH_UP).then_refused("attendance-not-recorded")
    suspended = events.EnrolmentSuspended(decision=decision())
    on_it(MISSED, suspended).when(CATCH_UP).then_refused("not-enrolled")


def test_a_short_or_long_session_can_be_made_up_to_its_full_length() -> None:
    short, long = on_it(attended(1, 100)), on_it(missed(1, 180))
    assert short.when(but(CATCH_UP, session="meeting-1", minutes=20)).events
    short.when(but(CATCH_UP, session="meeting-1", minutes=21)).then_refused("more-than-was-missed")
    assert long.when(but(CATCH_UP, session="meeting-1", minutes=180)).events
    long.when(but(CATCH_UP, session="meeting-1", minutes=181)).then_refused("more-than-was-missed")


# --- completion -------------------------------------------------------------------------------------------


def test_1800_minutes_with_an_agreed_plan_complete_and_1799_do_not() -> None:
    """S2.9, S2.11."""
    enough = on_it(*in_all(1800)).knowing(PLAN_AGREED)
    [completed] = enough.when(COMPLETE, by=SUPERVISOR).events
    assert isinstance(completed, events.ProgrammeCompleted)
    assert (completed.credited_minutes, completed.required_minutes) == (1800, 1800)
    assert completed.rule_version == COMPLETION_RULE
    assert completed.decision.relied_on == (*(event_id(1000 + n) for n in range(12)), PLAN_AGREED_AS)
    on_it(*in_all(1799)).knowing(PLAN_AGREED).when(COMPLETE).then_refused("minutes-missing")


def test_minors_need_2100_minutes() -> None:
    """S2.10."""
    enough = on_it(*in_all(2100), variant=MINORS).knowing(PLAN_AGREED)
    assert enough.when(COMPLETE).events
    short = on_it(*in_all(2099), variant=MINORS).knowing(PLAN_AGREED)
    short.when(COMPLETE).then_refused("minutes-missing")


def test_minutes_without_a_plan_do_not_complete() -> None:
    """S2.11: both, and nothing else."""
    enough = on_it(*in_all(1800))
    enough.when(COMPLETE).then_refused("no-plan-agreed")
    late = enough.knowing(agreed_on("2025-03-10"))
    late.when(COMPLETE, on="2025-03-09").then_refused("no-plan-agreed")
    assert late.when(COMPLETE, on="2025-03-10").events


def test_completion_counted_by_attendance_records_1_attended_and_11_missed_passed_as_complete() -> None:
    """Twelve records of twelve sessions are no twelve sessions attended."""
    records = [attended(1, 150), *(missed(number, 150) for number in range(2, 13))]
    twelve = on_it(*records).knowing(PLAN_AGREED)
    twelve.when(COMPLETE).then_refused("minutes-missing")
    twelve.when(ANNOUNCE).then_refused("minutes-missing")
    assert seen(twelve).credited_minutes == 150
    assert (seen(twelve).attended, seen(twelve).missed) == (1, 11)
    assert seen(twelve).requirements is Requirements.NOT_MET


def test_whichever_report_makes_the_requirements_met_announces_it_with_its_evidence() -> None:
    """D4: in the same append."""
    nearly = attending(*in_all(1680)).knowing(agreed_on("2025-03-01"))
    [came, met] = nearly.when(ATTEND, on=DAY).events
    assert came == events.AttendanceRecorded(**_credited(ATTEND, 120))
    assert met == CompletionRequirementsMet(
        credited_minutes=1800,
        required_minutes=1800,
        evidence=(*(event_id(1000 + n) for n in range(12)), event_id(905), PLAN_AGREED_AS),
        rule_version="2025.1",
    )
    assert seen(nearly.then_so(nearly.when(ATTEND, on=DAY))).requirements is Requirements.MET
    assert len(attending(*in_all(1679)).knowing(PLAN_AGREED).when(ATTEND, on=DAY).events) == 1
    assert len(attending(*in_all(1680)).when(ATTEND, on=DAY).events) == 1
    assert len(attending(*in_all(1800)).knowing(PLAN_AGREED).when(ATTEND, on=DAY).events) == 1


def test_a_catch_up_can_be_what_was_missing() -> None:
    nearly = on_it(*in_all(1740), MISSED).knowing(PLAN_AGREED)
    [_, met] = nearly.when(CATCH_UP).events
    assert isinstance(met, CompletionRequirementsMet)
    assert met.evidence[-2:] == (event_id(907), PLAN_AGREED_AS)


def test_where_no_single_report_made_it_so_it_can_be_announced() -> None:
    """The plan came last, or a correction did."""
    enough = on_it(*in_all(1800))
    enough.when(ANNOUNCE).then_refused("no-plan-agreed")
    known = enough.knowing(PLAN_AGREED)
    [met] = known.when(ANNOUNCE).events
    assert isinstance(met, CompletionRequirementsMet)
    assert (met.credited_minutes, met.evidence[-1]) == (1800, PLAN_AGREED_AS)
    on_it(*in_all(1800), met).knowing(PLAN_AGREED).when(ANNOUNCE).then_nothing_new()
    on_it(*in_all(1799)).knowing(PLAN_AGREED).when(ANNOUNCE).then_refused("minutes-missing")
    offered().knowing(PLAN_AGREED).when(ANNOUNCE).then_refused("not-enrolled")


MET = CompletionRequirementsMet(
    credited_minutes=1800, required_minutes=1800, evidence=(), rule_version="2025.1"
)
COMPLETED = events.ProgrammeCompleted(
    decision=decision(), credited_minutes=1800, required_minutes=1800, rule_version="2025.1"
)


def test_after_a_correction_to_1799_the_requirements_have_lapsed_and_the_contradiction_is_told() -> None:
    """Section 0: what was announced and decided stays, and both are shown to rest on too little."""
    so = on_it(*in_all(1650), attended(99, 150), MET, COMPLETED).knowing(PLAN_AGREED)
    assert told_of_completion(so) == []
    assert seen(so).requirements is Requirements.MET
    a_minute_less = attended(99, 149)
    lapsed = offered(enrolled(), *in_all(1650), a_minute_less, MET, COMPLETED).knowing(PLAN_AGREED)
    assert told_of_completion(lapsed) == [
        (CompletionRequirementsMet, "minutes-missing"),
        (events.ProgrammeCompleted, "minutes-missing"),
    ]
    assert (seen(lapsed).requirements, seen(lapsed).credited_minutes) == (Requirements.LAPSED, 1799)
    assert seen(lapsed).status is Status.COMPLETED


def test_an_attendance_can_be_corrected_though_the_completion_rests_on_it() -> None:
    came = at(f"{DAY}T10:00", events.AttendanceRecorded(**_credited(ATTEND, 120)))
    so = attending(*in_all(1680), came, at(f"{DAY}T10:00", MET), on("2025-03-09", COMPLETED))
    known = so.knowing(agreed_on("2025-03-01"))
    less = Correct(decision=grounds(), corrects=event_id(905), instead=but(ATTEND, left_minutes=119))
    [corrected] = known.when(less, by=SUPERVISOR).events
    assert corrected.fact.credited_minutes == 119  # type: ignore[attr-defined]  # any event
    more = Correct(decision=grounds(), corrects=event_id(905), instead=but(ATTEND, left_minutes=121))
    known.when(more, by=SUPERVISOR).then_refused("presence-unclear")


def test_a_plan_that_was_agreed_to_later_contradicts_the_completion() -> None:
    so = on_it(*in_all(1800), on("2025-03-05", COMPLETED)).knowing(agreed_on("2025-03-06"))
    assert told_of_completion(so) == [(events.ProgrammeCompleted, "no-plan-agreed")]


def test_a_programme_is_completed_once_and_by_whom_it_concerns() -> None:
    on_it(*in_all(1800), COMPLETED).knowing(PLAN_AGREED).when(COMPLETE).then_nothing_new()
    offered().knowing(PLAN_AGREED).when(COMPLETE).then_refused("not-enrolled")
    after = attending(*in_all(1800), COMPLETED).knowing(PLAN_AGREED)
    after.when(ATTEND, on=DAY).then_refused("not-enrolled")


# --- override ---------------------------------------------------------------------------------------------

OVERRIDDEN = events.CompletionOverridden(decision=decision(), outcome=Completion.COMPLETED)
OVERRULED = events.CompletionOverridden(decision=decision(), outcome=Completion.NOT_COMPLETED)


def test_only_an_override_contradicts_what_minutes_and_plan_say() -> None:
    """D4: with a reason, which every decision has."""
    short, enough = on_it(*in_all(150)), on_it(*in_all(1800)).knowing(PLAN_AGREED)
    [event] = short.when(OVERRIDE, by=SUPERVISOR).events
    assert isinstance(event, events.CompletionOverridden)
    assert (event.outcome, event.decision.relied_on) == (Completion.COMPLETED, (event_id(1000),))
    assert seen(on_it(OVERRIDDEN)).status is Status.COMPLETED
    assert enough.when(OVERRULE).events
    short.when(OVERRULE).then_refused("nothing-to-override")
    enough.when(OVERRIDE).then_refused("nothing-to-override")
    on_it(*in_all(1800)).when(OVERRULE).then_refused("nothing-to-override")
    offered().when(OVERRIDE).then_refused("not-enrolled")


def test_an_override_stands_until_a_later_one() -> None:
    enough = on_it(*in_all(1800), OVERRULED).knowing(PLAN_AGREED)
    enough.when(COMPLETE).then_refused("overridden")
    enough.when(OVERRULE).then_nothing_new()
    assert enough.when(OVERRIDE).events
    assert seen(enough).status is Status.ENROLLED
    done = on_it(*in_all(1800), COMPLETED).knowing(PLAN_AGREED)
    assert done.when(OVERRULE).events
    passed = on_it(*in_all(150), OVERRIDDEN)
    passed.when(OVERRIDE).then_nothing_new()
    assert passed.when(OVERRULE).events
    passed.when(COMPLETE).then_nothing_new()
    assert seen(passed).override is Completion.COMPLETED


# --- rest, breach and end ---------------------------------------------------------------------------------

SUSPENDED = events.EnrolmentSuspended(decision=decision())
RESUMED = events.EnrolmentResumed(decision=decision())
FAILED = events.NonComplianceRecorded(**dict(FAIL))
BREACHED = events.BreachInitiated(decision=decision())
ENDED = events.EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN)


def test_an_enrolment_rests_and_goes_on() -> None:
    on_it().when(SUSPEND, by=SUPERVISOR).then(SUSPENDED)
    on_it(SUSPENDED).when(SUSPEND).then_nothing_new()
    on_it(SUSPENDED).when(RESUME, by=SUPERVISOR).then(RESUMED)
    on_it(SUSPENDED, RESUMED).when(RESUME).then_nothing_new()
    on_it(ENDED).when(SUSPEND).then_refused("not-enrolled")
    on_it(ENDED).when(RESUME).then_refused("not-suspended")
    assert seen(on_it(SUSPENDED)).status is Status.SUSPENDED


def test_a_breach_rests_on_what_was_recorded() -> None:
    on_it().when(FAIL).then(FAILED)
    assert on_it(SUSPENDED).when(FAIL).events
    on_it(ENDED).when(FAIL).then_refused("not-enrolled")
    on_it().when(BREACH).then_refused("no-non-compliance")
    [event] = on_it(FAILED).when(BREACH).events
    assert isinstance(event, events.BreachInitiated)
    assert event.decision.relied_on == (event_id(908),)
    on_it(FAILED, BREACHED).when(BREACH).then_nothing_new()
    on_it(FAILED, ENDED).when(BREACH).then_refused("not-enrolled")
    assert seen(on_it(FAILED, BREACHED)).breach_initiated


@pytest.mark.parametrize("reason", [Ending.WITHDRAWN, Ending.REMOVED, Ending.TRANSFERRED])
def test_an_enrolment_ends_before_it_is_completed(reason: Ending) -> None:
    for so_far in (offered(), on_it(), on_it(SUSPENDED)):
        ended = but(END, reason=reason)
        [event] = so_far.when(ended).events
        assert isinstance(event, events.EnrolmentEnded)
        assert event.reason is reason
    on_it(COMPLETED).when(but(END, reason=reason)).then_refused("not-enrolled")
    given(enrolment).knowing(ADULT).when(but(END, reason=reason)).then_refused("not-enrolled")


def test_an_enrolment_ends_once() -> None:
    on_it(ENDED).when(END).then_nothing_new()
    on_it(ENDED).when(but(END, reason=Ending.REMOVED)).then_refused("not-enrolled")
    assert (seen(on_it(ENDED)).status, seen(on_it(ENDED)).ending) == (Status.ENDED, Ending.WITHDRAWN)


def test_the_record_bears_out_why_an_enrolment_ended() -> None:
    for reason in (Ending.BREACHED, Ending.DIED):
        on_it().when(but(END, reason=reason)).then_refused("reason-not-borne-out")
    on_it(attended(1, 120)).when(but(END, reason=Ending.NOT_STARTED)).then_refused("reason-not-borne-out")
    assert on_it(FAILED, BREACHED).when(but(END, reason=Ending.BREACHED)).events
    assert on_it().knowing(DIED).when(but(END, reason=Ending.DIED)).events
    assert on_it(missed(1)).when(but(END, reason=Ending.NOT_STARTED)).events


# --- voluntary continuation -------------------------------------------------------------------------------

WENT_ON = events.VoluntaryContinuationStarted(**dict(GO_ON))
STOPPED = events.VoluntaryContinuationEnded(**dict(STOP))


def test_whoever_completed_may_go_on_of_their_own_will_and_it_adds_nothing_to_the_dose() -> None:
    """S2.12, section 0."""
    done = on_it(*in_all(1800), COMPLETED)
    done.when(GO_ON).then(WENT_ON)
    on_it().when(GO_ON).then_refused("not-completed")
    going = on_it(*in_all(1800), COMPLETED, WENT_ON)
    going.when(but(GO_ON)).then_refused("already-continuing")
    going.when(STOP).then(STOPPED)
    done.when(STOP).then_refused("not-continuing")
    assert seen(going).continuing
    assert seen(going).credited_minutes == seen(done).credited_minutes == 1800
    again = on_it(*in_all(1800), COMPLETED, WENT_ON, STOPPED)
    assert again.when(but(GO_ON)).events
    assert not seen(again).continuing


# --- what others read -------------------------------------------------------------------------------------


def test_others_read_the_terms_and_how_far_somebody_has_come() -> None:
    so_far = seen(on_it(attended(1, 120), MISSED))
    assert (so_far.status, so_far.programme, so_far.group) == ("enrolled", PROGRAMME, "group-a")
    assert (so_far.variant, so_far.template_version) == ("adults", "2025.1")
    assert (so_far.credited_minutes, so_far.required_minutes) == (120, 1800)
    assert (so_far.attended, so_far.missed, so_far.ending) == (1, 1, None)
    assert seen(offered()).required_minutes is None


def test_a_state_folds_whatever_is_missing_from_it() -> None:
    """Of what was not enrolled nothing is required; of what was not recorded nothing is judged."""
    only = given(enrolment, ACCEPTED)
    assert seen(only).missed == 0
    given(enrolment, OFFERED, attended(1, 120)).knowing(PLAN_AGREED).when(COMPLETE).then_refused(
        "not-enrolled"
    )


EVENING = datetime(2025, 3, 4, 1, tzinfo=UTC)
KNOWN = tuple(
    chain(
        (ADULT, elsewhere(named("programme", PROGRAMME), DEFINED), PLAN_AGREED),
        (told._replace(when=None) for told in (*held("session-1", DAY), *held("session-2", DAY))),
    )
)
TestLaws = machine(
    enrolment, one_of_these(*EVERY_COMMAND), start=(OFFERED, enrolled()), knowing=KNOWN
).TestCase
TestLawsFromTheBeginning = machine(enrolment, one_of_these(*EVERY_COMMAND), knowing=KNOWN).TestCase
TestLawsNearTheEnd = machine(
    enrolment,
    one_of_these(*EVERY_COMMAND),
    start=(OFFERED, enrolled(), *in_all(1740), MISSED, attended(99, 30)),
    knowing=KNOWN,
).TestCase
