from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scp_events.aggregates import support
from scp_events.aggregates.engagement.events import Medium
from scp_events.aggregates.irp.events import GoalOutcome, NeedIdentified, Priority
from scp_events.aggregates.support import events
from scp_events.aggregates.support.commands import (
    CloseSupport,
    OpenSupport,
    RecordCourtAccompaniment,
    RecordCrisisIntervention,
    RecordDebtPosition,
    RecordEmploymentStatus,
    RecordHousingStatus,
    RecordSupportAction,
    RecordSupportOutcome,
    ReopenSupport,
    RequestSupport,
    SupportCommand,
)
from scp_events.aggregates.support.events import (
    Area,
    DebtMeans,
    EmploymentStatus,
    HousingStatus,
    SupportEnd,
    SupportKind,
)
from scp_events.aggregates.support.rules import Status
from scp_events.history import contradictions_of, effective
from scp_events.privacy import marks_of
from scp_events.scenario import CASE, Given, Happened, at, given, known_as, on
from scp_events.vocabulary import Correct, Erased, OrganisationId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import DIED, REGISTERED
from tests.examples.practitioner import AWARDED, certified
from tests.words import KEY_WORKER, NOON, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

REQUESTED_AS, ACTED_AS, COURT_AS, CRISIS_AS, DEBT_AS, WORK_AS, HOUSING_AS, OUTCOME_AS = map(
    event_id, range(901, 909)
)
NEED = event_id(911)

REQUEST = RequestSupport(
    event_id=REQUESTED_AS,
    kind=SupportKind.DEBT,
    areas=(Area.DEBTS, Area.HOUSING),
    request="An invented request: the rent is three months behind.",
    need=NEED,
)
OPEN = OpenSupport(decision=grounds())
ACT = RecordSupportAction(
    event_id=ACTED_AS,
    minutes=45,
    medium=Medium.IN_PERSON,
    done_by=KEY_WORKER.id,
    account="An invented account: we wrote to the landlord.",
)
ACCOMPANY = RecordCourtAccompaniment(
    event_id=COURT_AS,
    court="example-magistrates",
    hearing_on=date(2025, 1, 1),
    hearing_outcome="adjourned",
    accompanied_by=KEY_WORKER.id,
)
CRISIS = RecordCrisisIntervention(
    policy_version="2025.1",
    event_id=CRISIS_AS,
    minutes=90,
    medium=Medium.PHONE,
    done_by=KEY_WORKER.id,
    account="An invented account: a night without a bed.",
    afterwards="safe-at-home",
)
DEBT = RecordDebtPosition(
    event_id=DEBT_AS,
    currency="XCD",
    owed=Decimal("2140.35"),
    monthly_instalment=Decimal("60.00"),
    means=(DebtMeans.INSTALMENT_CALENDAR,),
)
WORK = RecordEmploymentStatus(
    event_id=WORK_AS, employment=EmploymentStatus.FOUND_JOB, note="An invented note: at a bakery."
)
HOUSING = RecordHousingStatus(event_id=HOUSING_AS, housing=HousingStatus.WITH_FAMILY)
OUTCOME = RecordSupportOutcome(event_id=OUTCOME_AS, outcome=GoalOutcome.PARTIAL, note="An invented note.")
CLOSE = CloseSupport(decision=grounds(), closed_as=SupportEnd.RESOLVED)
REOPEN = ReopenSupport(decision=grounds())
EVERY_COMMAND: tuple[SupportCommand, ...] = (
    REQUEST, OPEN, ACT, ACCOMPANY, CRISIS, DEBT, WORK, HOUSING, OUTCOME, CLOSE, REOPEN,
)  # fmt: skip

REQUESTED = events.SupportRequested(**dict(REQUEST))
OPENED = events.SupportOpened(decision=decision())
HAS_OUTCOME = events.SupportOutcomeRecorded(**dict(OUTCOME))
CLOSED = events.SupportClosed(decision=decision(), closed_as=SupportEnd.RESOLVED)
REOPENED = events.SupportReopened(decision=decision())

IDENTIFIED = known_as(
    NEED,
    NeedIdentified.model_validate(
        {
            "event_id": NEED,
            "need_id": event_id(912),
            "domain": "debts",
            "description": "An invented need.",
            "evidence": (event_id(913),),
            "priority": Priority.KEY,
        }
    ),
)


def told(*happened: Happened) -> Given:
    """Somebody registered, with a need that was identified, and so much of an episode."""
    return given(support, *happened).knowing(REGISTERED, IDENTIFIED)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


# --- the words of the documents ---------------------------------------------------------------------------


def test_there_are_nine_kinds_of_support_in_six_areas() -> None:
    """S2.17 and S2.14."""
    assert [kind.value for kind in SupportKind] == [
        "accompanying-in-court",
        "parole-application",
        "reporting-and-statements",
        "preventive-work",
        "explaining-legal-terms",
        "dealing-with-authorities",
        "debt",
        "life-with-a-sentence",
        "social-training",
    ]
    assert [area.value for area in Area] == [
        "debts", "finance", "work", "housing", "criminal-law", "mental-health",
    ]  # fmt: skip


def test_there_are_seven_means_against_debt_and_seven_ways_to_work_and_education() -> None:
    """S2.6 and S2.7."""
    assert [means.value for means in DebtMeans] == [
        "instalment-calendar",
        "bankruptcy-approved",
        "debt-reduced",
        "distraints-consolidated",
        "recovery-costs-reduced",
        "unjustified-distraint-stopped",
        "arbitration-clause-nullified",
    ]
    assert [status.value for status in EmploymentStatus if status is not EmploymentStatus.NEITHER] == [
        "found-job",
        "kept-job",
        "short-term-work",
        "requalification-course",
        "community-work",
        "resumed-education",
        "continued-at-institution",
    ]


@pytest.mark.parametrize(
    ("event", "encrypted"),
    [
        (events.SupportRequested, {"kind", "areas", "request"}),
        (events.SupportActionRecorded, {"account"}),
        (events.CourtAccompanied, {"court", "hearing_on", "hearing_outcome"}),
        (events.CrisisInterventionRecorded, {"account", "afterwards"}),
        (events.DebtPositionRecorded, {"owed", "monthly_instalment", "means"}),
        (events.EmploymentStatusRecorded, {"employment", "note"}),
        (events.HousingStatusRecorded, {"housing", "note"}),
        (events.SupportOutcomeRecorded, {"note"}),
    ],
    ids=lambda said: said.__name__ if isinstance(said, type) else "",
)
def test_what_tells_of_a_young_person_is_encrypted(event: Any, encrypted: set[str]) -> None:
    assert {mark.path[0] for mark in marks_of(event)} == encrypted


# --- asking and helping -----------------------------------------------------------------------------------


def test_support_is_requested_once_for_a_need_that_was_identified() -> None:
    """S2.13, S2.15: help is with needs that were identified."""
    told().when(REQUEST).then(
        events.SupportRequested(
            event_id=REQUESTED_AS,
            kind=SupportKind.DEBT,
            areas=(Area.DEBTS, Area.HOUSING),
            request="An invented request: the rent is three months behind.",
            need=NEED,
        )
    )
    told(REQUESTED).when(REQUEST).then_nothing_new()
    told(REQUESTED).when(but(REQUEST, event_id=None)).then_refused("already-requested")


def test_support_may_be_requested_without_a_need_and_not_with_one_nobody_identified() -> None:
    assert told().when(but(REQUEST, need=None)).events
    told().when(but(REQUEST, need=event_id(1))).then_refused("no-such-need")


def test_a_need_is_one_that_was_identified_by_then() -> None:
    later = given(support).knowing(on("2025-01-02", REGISTERED), known_as(NEED, on("2025-03-10", _need())))
    later.when(REQUEST, on="2025-03-09").then_refused("no-such-need")
    assert later.when(REQUEST, on="2025-03-10").events


def _need() -> Any:
    return IDENTIFIED.event


def test_an_area_is_named_once() -> None:
    told().when(but(REQUEST, areas=(Area.WORK, Area.WORK))).then_refused("named-twice")


def test_what_was_requested_is_opened_once() -> None:
    told(REQUESTED).when(OPEN, by=SUPERVISOR).then(OPENED)
    told(REQUESTED, OPENED).when(OPEN).then_nothing_new()
    told().when(OPEN).then_refused("not-requested")
    told(REQUESTED, OPENED, HAS_OUTCOME, CLOSED).when(OPEN).then_refused("not-requested")


def test_a_system_opens_closes_and_reopens_nothing() -> None:
    open_one = told(REQUESTED, OPENED, HAS_OUTCOME)
    told(REQUESTED).when(OPEN, by=ROBOT).then_refused("a-person-decides")
    open_one.when(CLOSE, by=ROBOT).then_refused("a-person-decides")
    told(REQUESTED, OPENED, CLOSED).when(REOPEN, by=ROBOT).then_refused("a-person-decides")


@pytest.mark.parametrize("command", [ACT, ACCOMPANY, OUTCOME], ids=lambda c: type(c).__name__)
def test_help_is_given_while_the_episode_is_open(command: SupportCommand) -> None:
    [event] = told(REQUESTED, OPENED).when(command).events
    assert event == command.RECORDS(**dict(command))
    for path in ((), (REQUESTED,), (REQUESTED, OPENED, CLOSED)):
        told(*path).when(command).then_refused("not-open")
    assert told(REQUESTED, OPENED, CLOSED, REOPENED).when(command).events


@pytest.mark.parametrize("command", [CRISIS, DEBT, WORK, HOUSING], ids=lambda c: type(c).__name__)
def test_a_crisis_and_a_position_wait_for_no_decision(command: SupportCommand) -> None:
    told().when(command).then_refused("not-requested")
    for path in ((REQUESTED,), (REQUESTED, OPENED), (REQUESTED, OPENED, CLOSED)):
        [event] = told(*path).when(command).events
        assert event == command.RECORDS(**dict(command))


def test_a_hearing_began_by_the_day_somebody_was_accompanied_and_not_long_before() -> None:
    place = told(at("2025-01-01T10:00", REQUESTED), at("2025-01-01T11:00", OPENED))
    assert place.when(but(ACCOMPANY, hearing_on="2025-02-03"), on="2025-02-03").events
    for day in ("2025-02-04", "2019-02-03"):
        outcome = place.when(but(ACCOMPANY, hearing_on=day), on="2025-02-03")
        outcome.then_refused("date-out-of-bounds")
        assert outcome.refusal is not None
        assert day not in outcome.refusal.remedy


@pytest.mark.parametrize("minutes", [0, 1441])
def test_no_help_takes_no_time_or_more_than_a_day(minutes: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        but(ACT, minutes=minutes)


# --- positions --------------------------------------------------------------------------------------------


def test_amounts_are_exact_and_never_without_their_currency() -> None:
    for changes in ({"owed": "0.00001"}, {"owed": "-1"}, {"currency": "dollars"}, {"currency": None}):
        with pytest.raises(ValueError, match="RecordDebtPosition"):
            but(DEBT, **changes)
    place = told(REQUESTED)
    place = place.then_so(place.when(but(DEBT, owed="0.10", monthly_instalment=None)))
    assert place.state.debt.owed == Decimal("0.10")


def test_an_instalment_beyond_the_debt_is_refused_and_not_repeated() -> None:
    assert told(REQUESTED).when(but(DEBT, owed="60")).events
    outcome = told(REQUESTED).when(but(DEBT, owed="59.99"))
    outcome.then_refused("instalment-beyond-the-debt")
    assert outcome.refusal is not None
    assert "59.99" not in outcome.refusal.remedy


def test_a_means_is_named_once() -> None:
    twice = (DebtMeans.DEBT_REDUCED, DebtMeans.DEBT_REDUCED)
    told(REQUESTED).when(but(DEBT, means=twice)).then_refused("named-twice")


def test_the_latest_position_is_the_latest_in_time_however_late_it_was_reported() -> None:
    """S2.6, S2.7: what was found in a drawer does not undo what came after it."""
    in_may = (
        at("2025-05-01T10:00", events.DebtPositionRecorded(**dict(DEBT))),
        at("2025-05-01T10:00", events.EmploymentStatusRecorded(**dict(WORK))),
        at("2025-05-01T10:00", events.HousingStatusRecorded(**dict(HOUSING))),
    )
    place = told(on("2025-03-01", REQUESTED), *in_may)
    for late in (
        but(DEBT, event_id=event_id(921), owed="5000"),
        but(WORK, event_id=event_id(922), employment="neither"),
        but(HOUSING, event_id=event_id(923), housing="no-home"),
    ):
        place = place.then_so(place.when(late, on="2025-04-01"))
    seen = support.view(place.state)
    assert seen.debt is not None
    assert seen.debt.owed == Decimal("2140.35")
    assert (seen.employment, seen.housing) == (EmploymentStatus.FOUND_JOB, HousingStatus.WITH_FAMILY)


# --- the end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("achieved", [GoalOutcome.ACHIEVED, GoalOutcome.PARTIAL])
def test_an_episode_is_resolved_on_an_outcome_that_achieved_something(achieved: GoalOutcome) -> None:
    place = told(REQUESTED, OPENED, but(HAS_OUTCOME, outcome=achieved))
    [closed] = place.when(CLOSE, by=SUPERVISOR).events
    assert closed == events.SupportClosed(
        decision=decision(relied_on=(OUTCOME_AS,)), closed_as=SupportEnd.RESOLVED
    )


def test_nothing_is_resolved_where_nothing_was_achieved() -> None:
    told(REQUESTED, OPENED).when(CLOSE).then_refused("nothing-achieved")
    not_so = but(HAS_OUTCOME, outcome=GoalOutcome.NOT)
    told(REQUESTED, OPENED, not_so).when(CLOSE).then_refused("nothing-achieved")
    assert told(REQUESTED, OPENED, not_so).when(but(CLOSE, closed_as="unresolved")).events
    assert told(REQUESTED, OPENED).when(but(CLOSE, closed_as="unresolved")).events


def test_the_outcome_of_an_episode_that_was_closed_does_not_close_it_again() -> None:
    again = told(REQUESTED, OPENED, HAS_OUTCOME, CLOSED, REOPENED)
    again.when(CLOSE).then_refused("nothing-achieved")


def test_what_is_transferred_goes_to_somebody_and_nothing_else_does() -> None:
    to = OrganisationId("housing-first")
    place = told(REQUESTED, OPENED, HAS_OUTCOME)
    transfer = but(CLOSE, closed_as="transferred", transferred_to=to)
    [closed] = place.when(transfer).events
    assert closed.model_dump()["transferred_to"] == to
    place.when(but(transfer, transferred_to=None)).then_refused("who-goes-on")
    for closed_as in ("resolved", "unresolved"):
        place.when(but(transfer, closed_as=closed_as)).then_refused("who-goes-on")


def test_an_episode_is_closed_once_and_reopened_once() -> None:
    closed = told(REQUESTED, OPENED, HAS_OUTCOME, CLOSED)
    closed.when(CLOSE).then_nothing_new()
    closed.when(but(CLOSE, closed_as="unresolved")).then_refused("not-open")
    transferred = but(CLOSE, closed_as="transferred", transferred_to="housing-first")
    closed.when(transferred).then_refused("not-open")
    told().when(CLOSE).then_refused("not-open")
    told(REQUESTED).when(CLOSE).then_refused("not-open")
    closed.when(REOPEN, by=SUPERVISOR).then(REOPENED)
    reopened = told(REQUESTED, OPENED, HAS_OUTCOME, CLOSED, REOPENED)
    reopened.when(REOPEN).then_refused("not-closed")
    assert support.view(reopened.state).closed_as is None
    assert support.view(reopened.state).outcome is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ((), Status.NOT_REQUESTED),
        ((REQUESTED,), Status.REQUESTED),
        ((REQUESTED, OPENED), Status.OPEN),
        ((REQUESTED, OPENED, CLOSED), Status.CLOSED),
        ((REQUESTED, OPENED, CLOSED, REOPENED), Status.OPEN),
    ],
)
def test_an_episode_is_where_its_history_left_it(path: tuple[Happened, ...], status: Status) -> None:
    assert support.view(told(*path).state).status is status


def test_what_others_may_read_says_where_everything_stands() -> None:
    place = told(REQUESTED, OPENED)
    for command in (DEBT, WORK, HOUSING, OUTCOME, CLOSE):
        place = place.then_so(place.when(command))
    assert support.view(place.state).model_dump(mode="json") == {
        "status": "closed",
        "kind": "debt",
        "areas": ["debts", "housing"],
        "need": str(NEED),
        "outcome": "partial",
        "debt": {
            "currency": "XCD",
            "owed": "2140.35",
            "monthly_instalment": "60.00",
            "means": ["instalment-calendar"],
        },
        "employment": "found-job",
        "housing": "with-family",
        "closed_as": "resolved",
        "transferred_to": None,
    }


# --- of whom, and when ------------------------------------------------------------------------------------

OF_SOMEBODY = tuple(c for c in EVERY_COMMAND if not isinstance(c, RecordSupportOutcome | CloseSupport))
PATHS: dict[type[SupportCommand], tuple[Happened, ...]] = {
    RequestSupport: (),
    OpenSupport: (REQUESTED,),
    ReopenSupport: (REQUESTED, OPENED, CLOSED),
}


@pytest.mark.parametrize("command", OF_SOMEBODY, ids=lambda c: type(c).__name__)
def test_support_is_of_somebody_who_is_registered_and_alive(command: SupportCommand) -> None:
    path = PATHS.get(type(command), (REQUESTED, OPENED))
    given(support, *path).knowing(IDENTIFIED).when(command).then_refused("not-registered")
    told(*path).knowing(DIED).when(command).then_refused("died")


def test_after_a_death_it_is_still_said_what_came_of_it_and_the_episode_is_closed() -> None:
    dead = told(REQUESTED, OPENED).knowing(DIED)
    assert dead.when(OUTCOME).events
    assert dead.when(but(CLOSE, closed_as="unresolved")).events


def test_what_was_done_before_the_closing_is_recorded_after_it() -> None:
    place = told(on("2025-03-01", REQUESTED), on("2025-03-02", OPENED), on("2025-06-01", CLOSED))
    assert place.when(ACT, on="2025-05-31").events
    place.when(ACT, on="2025-06-02").then_refused("not-open")
    place.when(ACT, on="2025-03-01").then_refused("not-open")


# --- corrections ------------------------------------------------------------------------------------------


def test_a_correction_is_judged_like_the_fact_so_no_guard_is_passed_by_it() -> None:
    place = told(on("2025-03-01", REQUESTED), on("2025-03-02", OPENED))
    place = place.then_so(place.when(but(DEBT, means=()), on="2025-03-03"))
    correct = Correct(decision=grounds(), corrects=DEBT_AS, instead=DEBT)
    [corrected] = place.when(correct).events
    assert corrected.model_dump()["fact"]["means"] == (DebtMeans.INSTALMENT_CALENDAR,)
    beyond = correct.model_copy(update={"instead": but(DEBT, monthly_instalment="9999")})
    place.when(beyond).then_refused("instalment-beyond-the-debt")


def test_an_outcome_retracted_leaves_the_closing_that_rested_on_it_as_a_contradiction() -> None:
    place = told(on("2025-03-01", REQUESTED), on("2025-03-02", OPENED))
    place = place.then_so(place.when(OUTCOME, on="2025-03-03"))
    place = place.then_so(place.when(CLOSE, on="2025-03-04"))
    retracted = place.then_so(place.when(Retract(decision=grounds(), corrects=OUTCOME_AS)))
    found = contradictions_of(
        support, effective(retracted.facts()), lambda _types, _others: place.facts_of_others(), CASE
    )
    assert [each.rule for each in found] == ["nothing-achieved"]


def test_what_was_erased_contradicts_nothing() -> None:
    erased = Erased(key_id=event_id(9), at=NOON)
    requested = events.SupportRequested.model_construct(
        **dict(REQUESTED) | {"kind": erased, "areas": erased, "request": erased}
    )
    debts = events.DebtPositionRecorded.model_construct(
        **dict(DEBT) | {"owed": erased, "monthly_instalment": erased, "means": erased}
    )
    place = told(on("2025-03-01", requested), on("2025-03-02", debts))
    found = contradictions_of(
        support, effective(place.facts()), lambda _types, _others: place.facts_of_others(), CASE
    )
    assert found == []
    assert support.view(place.state).model_dump_json()


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(REQUEST, event_id=event_id(931), need=None),
    but(DEBT, event_id=event_id(932), owed="10", monthly_instalment=None),
    but(WORK, event_id=event_id(933), employment="neither"),
    but(OUTCOME, event_id=event_id(934), outcome="not"),
    but(CLOSE, closed_as="unresolved"),
    but(CLOSE, closed_as="transferred", transferred_to="housing-first"),
)
TestLaws = machine(support, ASKED, knowing=[REGISTERED, IDENTIFIED]).TestCase


# --- who stands by somebody in a crisis -------------------------------------------------------------------

IN_CRISIS = AWARDED.model_copy(update={"credential": "crisis-intervention"})


def test_s1_12_who_intervenes_in_a_crisis_is_competent_as_strictly_as_the_policy_says() -> None:
    place = told(REQUESTED)
    competent = place.knowing(certified(KEY_WORKER.id, "2025-01-01", IN_CRISIS))
    required, warned = but(CRISIS, policy_version="2025.3"), but(CRISIS, policy_version="2025.2")
    place.when(required).then_refused("credential-missing")
    assert [event.competence.held_as for event in place.when(warned).events] == [None]
    assert [event.competence.held_as for event in competent.when(required).events] == [AWARDED.event_id]
    assert [event.competence for event in place.when(CRISIS).events] == [None]


def test_whoever_intervened_is_judged_and_not_whoever_reports_it() -> None:
    place = told(REQUESTED).knowing(certified(SUPERVISOR.id, "2025-01-01", IN_CRISIS))
    place.when(but(CRISIS, policy_version="2025.3"), by=SUPERVISOR).then_refused("credential-missing")
