from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scp_events import follower
from scp_events.aggregates import irp, participant
from scp_events.aggregates.participant import ContactOutcome, RiskLevel
from scp_events.event_log import EventLog, Recorded
from scp_events.projections import caseload
from scp_events.projections.caseload import Case as Row
from scp_events.vocabulary import Event, fold
from tests.aggregates import test_irp as plans
from tests.aggregates import test_participant as people
from tests.aggregates.laws import answer, one_of_these
from tests.aggregates.test_participant import but
from tests.examples import examples
from tests.projections.cases import Case, day
from tests.projections.conftest import Reading
from tests.words import KEY_WORKER, OTHER_KEY_WORKER

TODAY = date(2025, 3, 1)


def engaged(log: EventLog) -> Case:
    """A young person with two held contacts of 40 minutes, on days 2 and 3, and a key worker since Monday."""
    case = Case(log)
    case.on(1).meet(*people.ENGAGING).on(2).meet(people.MEET).on(3).meet(people.MEET_AGAIN)
    return case.on(4).meet(people.TELL, people.CONFIRM, people.ASSIGN)


def the_only(cases: list[Row]) -> Row:
    (found,) = cases
    return found


def test_a_caseload_tells_what_a_key_worker_needs_to_know(log: EventLog, reading: Reading) -> None:
    case = engaged(log).on(5).meet(people.ASSESS, people.MISS).plan(*plans.ACTIVE)
    (row,) = caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY)
    assert row == Row(
        participant_id=case.participant_id,
        case_reference="SC-2025-001",
        status=participant.Status.ACTIVE,
        key_worker=KEY_WORKER.id,
        key_worker_since=date(2025, 3, 3),
        risk_level=RiskLevel.MEDIUM,
        plan_id=case.irp_id,
        plan_status=irp.Status.ACTIVE,
        next_review_on=plans.IN_JUNE,
        review_overdue=False,
        last_held_at=day(3),
        held_minutes=80,
        missed_contacts=1,
    )


def test_a_review_is_overdue_from_the_day_after(log: EventLog, reading: Reading) -> None:
    engaged(log).plan(*plans.ACTIVE)
    asked = reading(caseload)
    for today, overdue in ((plans.IN_JUNE, False), (plans.IN_JUNE + timedelta(days=1), True)):
        assert the_only(caseload.of_key_worker(asked, KEY_WORKER.id, today)).review_overdue is overdue
        assert caseload.loads(asked, today) == [
            caseload.Load(
                key_worker=KEY_WORKER.id,
                organisation="second-chance",
                participants=1,
                reviews_overdue=overdue,
            )
        ]


def test_a_hand_over_moves_the_participant_and_leaves_contacts_with_who_made_them(
    log: EventLog, reading: Reading
) -> None:
    case = engaged(log).on(10).meet(people.HAND_OVER)
    case.on(11).meet(but(people.MISS, made_by=OTHER_KEY_WORKER))
    asked = reading(caseload)
    assert caseload.of_key_worker(asked, KEY_WORKER.id, TODAY) == []
    row = the_only(caseload.of_key_worker(asked, OTHER_KEY_WORKER.id, TODAY))
    assert (row.held_minutes, row.missed_contacts, row.key_worker_since) == (80, 1, date(2025, 3, 7))
    assert caseload.contacts_made(asked, date(2025, 1, 1), date(2025, 1, 31)) == [
        caseload.Made(made_by=KEY_WORKER.id, held=2, held_minutes=80, missed=0),
        caseload.Made(made_by=OTHER_KEY_WORKER.id, held=0, held_minutes=0, missed=1),
    ]
    assert caseload.contacts_made(asked, date(2025, 1, 3), date(2025, 1, 3)) == [
        caseload.Made(made_by=KEY_WORKER.id, held=1, held_minutes=40, missed=0)
    ]


def test_a_corrected_contact_counts_as_it_was(log: EventLog, reading: Reading) -> None:
    case = engaged(log)
    corrected = but(
        people.CORRECT_CONTACT,
        happened_at=day(9),
        made_by=OTHER_KEY_WORKER,
        outcome=ContactOutcome.HELD,
        held_minutes=15,
    )
    case.on(20).meet(corrected)
    asked = reading(caseload)
    row = the_only(caseload.of_key_worker(asked, KEY_WORKER.id, TODAY))
    assert (row.held_minutes, row.last_held_at) == (55, day(9))
    assert [made.made_by for made in caseload.contacts_made(asked, date(2025, 1, 9), date(2025, 1, 9))] == [
        OTHER_KEY_WORKER.id
    ]


def test_a_correction_that_names_no_other_time_leaves_the_contact_on_its_day(
    log: EventLog, reading: Reading
) -> None:
    shorter = but(people.CORRECT_CONTACT, happened_at=None, outcome=ContactOutcome.HELD, held_minutes=5)
    engaged(log).on(20).meet(shorter)
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert (row.held_minutes, row.last_held_at) == (45, day(3))


def test_a_retracted_contact_counts_for_nothing(log: EventLog, reading: Reading) -> None:
    engaged(log).on(20).meet(people.RETRACT_CONTACT)
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert (row.held_minutes, row.last_held_at) == (40, day(2))


def test_a_contact_entered_late_stands_where_it_happened(log: EventLog, reading: Reading) -> None:
    case = engaged(log)
    case.on(1).meet(but(people.MISS, outcome=ContactOutcome.HELD, held_minutes=5))
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert (row.held_minutes, row.last_held_at) == (85, day(3))


def test_the_latest_assessment_says_the_risk(log: EventLog, reading: Reading) -> None:
    case = engaged(log).on(20).meet(people.ASSESS)
    earlier = but(people.ASSESS, event_id=people.event_id(77), risk_level=RiskLevel.VERY_HIGH)
    case.on(10).meet(earlier)
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert row.risk_level is RiskLevel.MEDIUM
    case.on(21).meet(people.OVERRIDE)
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert row.risk_level is RiskLevel.HIGH
    case.on(22).meet(people.CORRECT_ASSESSMENT)
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert row.risk_level is RiskLevel.LOW
    before_the_other = but(people.CORRECT_ASSESSMENT, happened_at=day(9), risk_level=RiskLevel.HIGH)
    case.on(23).meet(before_the_other)
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert row.risk_level is RiskLevel.VERY_HIGH


def test_the_plan_in_force_is_shown_until_the_next_one_is(log: EventLog, reading: Reading) -> None:
    case = engaged(log).plan(*plans.ACTIVE)
    first, second = case.irp_id, Case(log).irp_id
    case.irp_id = second
    case.plan(but(plans.DRAFT, plan_version=2, supersedes=first))
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert (row.plan_id, row.plan_status) == (first, irp.Status.ACTIVE)
    case.irp_id = first
    case.plan(irp.SupersedeIrp(by=second))
    row = the_only(caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY))
    assert (row.plan_id, row.plan_status, row.next_review_on) == (second, irp.Status.DRAFTING, None)


@pytest.mark.parametrize("ending", [people.EXIT, people.DIE, people.SEAL])
def test_who_is_not_with_us_any_more_is_on_no_caseload(
    log: EventLog, reading: Reading, ending: participant.ParticipantCommand
) -> None:
    case = engaged(log)
    case.on(80).meet(ending)
    asked = reading(caseload)
    assert caseload.of_organisation(asked, KEY_WORKER.organisation, TODAY) == []
    assert caseload.without_key_worker(asked, TODAY) == []
    assert caseload.loads(asked, TODAY) == []


def test_who_came_back_waits_for_a_key_worker(log: EventLog, reading: Reading) -> None:
    engaged(log).on(80).meet(people.EXIT, people.RE_ENGAGE)
    row = the_only(caseload.without_key_worker(reading(caseload), TODAY))
    assert (row.status, row.key_worker) == (participant.Status.RE_ENGAGED, None)


def test_an_organisation_sees_the_caseloads_of_its_own_key_workers(log: EventLog, reading: Reading) -> None:
    engaged(log)
    elsewhere = OTHER_KEY_WORKER.model_copy(update={"organisation": "harbour-trust"})
    Case(log).meet(*people.ENGAGING, but(people.ASSIGN, key_worker=elsewhere))
    asked = reading(caseload)
    assert (
        the_only(caseload.of_organisation(asked, KEY_WORKER.organisation, TODAY)).key_worker == KEY_WORKER.id
    )
    assert the_only(caseload.of_organisation(asked, elsewhere.organisation, TODAY)).key_worker == elsewhere.id


def test_what_is_personal_is_forgotten_with_the_personal_data(log: EventLog, reading: Reading) -> None:
    engaged(log).on(20).meet(people.ASSESS, *ERASED)
    asked = reading(caseload)
    assert asked.execute("SELECT risk_level FROM rm_caseload_v1.assessments").fetchall() == [("erased",)]
    assert caseload.of_key_worker(asked, KEY_WORKER.id, TODAY) == []


def test_nothing_a_person_said_is_copied(log: EventLog, reading: Reading) -> None:
    case = engaged(log).on(20).plan(*plans.ACTIVE)
    case.meet(people.ASSESS, people.CHOOSE, people.RAISE, people.CORRECT_DETAILS, people.CORRECT_CONTACT)
    case.meet(people.CORRECT_STORY, people.CORRECT_CHOICE, people.HAND_OVER, people.PAUSE, people.EXIT)
    asked = reading(caseload)
    told = [
        str(asked.execute(f"SELECT * FROM rm_caseload_v1.{table}").fetchall())  # noqa: S608 - ours
        for table in ("participants", "contacts", "assessments", "plans")
    ]
    assert people.UNTOLD not in "".join(told)


# --- against a fold of the log ----------------------------------------------------------------------------


def folded(history: list[Recorded[Any]], case: Case) -> dict[str, Any]:
    """Return what the caseload should say of a case, computed from the log alone."""
    own = [r for r in history if r.stream.id == case.participant_id]
    state = fold(participant, [r.event for r in own])
    contacts = remembered(own, participant.ContactRecorded, participant.ContactCorrected)
    for recorded in own:
        if isinstance(recorded.event, participant.ContactRetracted):
            del contacts[recorded.event.corrects]
    assessed = remembered(own, participant.AssessmentCompleted, participant.AssessmentCorrected)
    latest = max(assessed, key=lambda each: assessed[each][1:], default=None)
    assignment = state.assignment
    plan = fold(irp, [r.event for r in history if r.stream.id == case.irp_id])
    open_plan = plan.status not in irp.OVER
    reviews = [
        r.event.next_review_on for r in history if isinstance(r.event, irp.IrpStarted | irp.IrpReviewed)
    ]
    gone = state.exited or state.died_as or state.sealed or state.erasure is participant.Erasure.DONE
    return {
        "status": state.status,
        "with_us": not gone,
        "key_worker": state.key_worker,
        "key_worker_since": assignment.since if assignment else None,
        "risk_level": None if latest is None else erased(state, state.assessments[latest]),
        "plan_status": plan.status if plan.draft else None,
        "next_review_on": reviews[-1] if reviews and open_plan else None,
        "last_held_at": max(
            (at for c, at, _ in contacts.values() if c.outcome is ContactOutcome.HELD), default=None
        ),
        "held_minutes": sum(c.held_minutes for c, _, _ in contacts.values()),
        "missed_contacts": Counter(c.outcome for c, _, _ in contacts.values())[ContactOutcome.DID_NOT_ATTEND],
    }


def remembered(
    own: list[Recorded[Any]], fact: type[Event], correction: type[Event]
) -> dict[Any, tuple[Any, datetime, int]]:
    """Return each fact as it was last said, when it happened, and where it was first recorded."""
    found: dict[Any, tuple[Any, datetime, int]] = {}
    for r in own:
        if isinstance(r.event, fact):
            found[r.envelope.event_id] = (r.event, r.envelope.occurred_at, r.position)
        if isinstance(r.event, correction):
            found[r.corrects] = (r.event, r.envelope.occurred_at, found[r.corrects][2])
    return found


def erased(state: participant.State, risk: RiskLevel) -> str:
    return "erased" if state.erasure is participant.Erasure.DONE else risk


ERASED = (people.ASK_ERASURE, people.APPROVE_ERASURE, people.ERASE)
PATHS: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...] = (
    (people.ACTIVE, plans.DRAFTED),
    ((*people.ACTIVE, people.CORRECT_STORY), plans.PROPOSED),
    ((*people.ACTIVE, people.TELL), (*plans.PROPOSED, plans.DECLINE)),
    ((*people.ACTIVE, people.PAUSE), plans.AGREED),
    ((*people.ACTIVE, people.PAUSE, people.RESUME), (*plans.AGREED, plans.APPROVE)),
    ((*people.ACTIVE, people.PAUSE, people.EXIT, people.RE_ENGAGE), plans.ACTIVE),
    ((*people.ACTIVE, people.EXIT, people.RE_ENGAGE, people.DECLINE), (*plans.ACTIVE, plans.APPROVE)),
    ((people.REGISTER, people.DECLINE), (*plans.IN_REVIEW, plans.KEPT)),
    ((people.REGISTER, people.DECLINE, people.AGREE), plans.CHANGED_IN_REVIEW),
    ((*people.ACTIVE, people.DIE, people.RETRACT_DEATH), (*plans.CHANGED_IN_REVIEW, plans.DECLINE)),
    ((*people.ACTIVE, people.DIE), (*plans.CHANGED_IN_REVIEW, plans.AGREE)),
    ((*people.ACTIVE, people.SEAL), (*plans.CHANGED_IN_REVIEW, plans.AGREE, plans.APPROVE)),
    ((*people.ACTIVE, *ERASED), (*plans.ACTIVE, plans.CLOSE_ENDED)),
    ((*people.ACTIVE, people.HAND_OVER, people.EXIT), (*plans.ACTIVE, plans.SUPERSEDE)),
)


def agrees_with_the_log(log: EventLog, reading: Reading, case: Case) -> bool:
    """Compare a case's row with a fold of its events; return whether there is one."""
    asked = reading(caseload)
    history = [r for r in log.read_all() if r.envelope.case_id == case.participant_id]
    expected = folded(history, case)
    rows = asked.execute(
        f"SELECT {', '.join(expected)} FROM rm_caseload_v1.cases WHERE participant_id = %s",  # noqa: S608 - ours
        [case.participant_id],
    ).fetchall()
    asked.rollback()
    registered = expected["status"] is not participant.Status.UNREGISTERED
    assert [dict(zip(expected, row, strict=True)) for row in rows] == [expected] * registered
    return registered


def test_a_caseload_says_what_a_fold_says_on_every_path(log: EventLog, reading: Reading) -> None:
    for met, planned in PATHS:
        assert agrees_with_the_log(log, reading, Case(log).meet(*met).plan(*planned))


SAID_OTHERWISE = (
    but(people.MEET, event_id=people.event_id(40), made_by=OTHER_KEY_WORKER, held_minutes=7),
    but(people.MISS, event_id=people.event_id(41)),
    but(people.CORRECT_CONTACT, corrects=people.FIRST, happened_at=day(50), outcome="held", held_minutes=20),
    but(people.CORRECT_CONTACT, corrects=people.MISSED, happened_at=None),
    but(people.RETRACT_CONTACT, corrects=people.FIRST),
    but(people.ASSESS, event_id=people.event_id(42), risk_level="very-high"),
    but(people.CORRECT_ASSESSMENT, happened_at=day(2), risk_level="medium"),
    but(people.CORRECT_ASSESSMENT, corrects=people.event_id(42), happened_at=day(70)),
    but(people.OVERRIDE, assessment_id=people.event_id(42)),
    but(people.ASSIGN, key_worker=OTHER_KEY_WORKER),
    but(people.HAND_OVER, to_key_worker=KEY_WORKER),
)
OF_PLANS = (
    *(plans.DRAFT, plans.need(), plans.goal(), plans.goal(2), plans.PROPOSE, plans.AGREE, plans.DECLINE),
    *(plans.APPROVE, plans.START, plans.achieve(), plans.remove(2), plans.REVIEW, plans.KEPT, plans.CHANGED),
)
ENDINGS = (people.DIE, people.SEAL, people.APPROVE_ERASURE)
LIVING = [c for c in (*people.EVERY_COMMAND, *SAID_OTHERWISE) if c not in ENDINGS]
ANY = [*OF_PLANS, *OF_PLANS, *LIVING, *ENDINGS, plans.CLOSE_ENDED, plans.SUPERSEDE]
STEPS = st.lists(
    st.tuples(st.integers(1, 90), st.lists(one_of_these(*ANY), min_size=8, max_size=8)), max_size=20
)


@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(beginning=st.sampled_from(PATHS), steps=STEPS)
def test_a_caseload_says_what_a_fold_of_the_log_says(
    log: EventLog, reading: Reading, beginning: Any, steps: Any
) -> None:
    met, planned = beginning
    case = Case(log).meet(*met).plan(*planned)
    for number, commands in steps:
        ask_what_is_possible(case.on(number), commands)
    assert agrees_with_the_log(log, reading, case)


def ask_what_is_possible(case: Case, commands: list[Any]) -> None:
    """Ask the first of `commands` that decides something, so that random histories go deep."""
    for command in commands:
        of_plan = isinstance(command, irp.IrpCommand)
        aggregate: Any = irp if of_plan else participant
        stream_id = case.irp_id if of_plan else case.participant_id
        own = case.own(command, stream_id)
        if answer(aggregate, case.log.load(aggregate, stream_id).state, own):
            case.record(aggregate, stream_id, own)
            return


def test_a_caseload_built_anew_is_the_same(log: EventLog, reading: Reading) -> None:
    case = engaged(log).on(5).meet(people.ASSESS, people.MISS).plan(*plans.ACTIVE)
    case.on(20).meet(people.CORRECT_CONTACT, people.HAND_OVER)
    before = caseload.of_key_worker(reading(caseload), OTHER_KEY_WORKER.id, TODAY)
    follower.rebuild(log, caseload)
    with psycopg.connect(log.conninfo) as connection:
        assert caseload.of_key_worker(connection, OTHER_KEY_WORKER.id, TODAY) == before
