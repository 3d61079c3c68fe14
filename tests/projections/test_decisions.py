from __future__ import annotations

from datetime import date

from scp_events.aggregates import ALL
from scp_events.event_log import EventLog
from scp_events.projections import decisions
from scp_events.vocabulary import DecisionEvent, Position
from tests.aggregates import test_irp as plans
from tests.aggregates import test_participant as people
from tests.aggregates import test_referral as asking
from tests.aggregates.test_participant import but
from tests.projections.cases import Case, day
from tests.projections.conftest import Reading
from tests.words import KEY_WORKER, LEGAL_BASIS, SUPERVISOR, decision, event_id


def whole_case(log: EventLog) -> Case:
    case = Case(log).on(1).refer(*asking.ACCEPTED).on(5).meet(*people.ACTIVE, people.ASSESS, people.OVERRIDE)
    case.on(9).plan(*plans.ACTIVE, plans.achieve(), plans.retract_achievement())
    return case.on(12).meet(people.CORRECT_CONTACT, people.HAND_OVER)


def test_every_decision_is_in_the_register_and_nothing_else(log: EventLog, reading: Reading) -> None:
    whole_case(log)
    recorded = [r for r in log.read_all() if isinstance(r.event, DecisionEvent)]
    register = decisions.register(reading(decisions))
    assert len(recorded) > 8
    assert [d.position for d in register] == [r.position for r in recorded]
    for entry, r in zip(register, recorded, strict=True):
        grounds = r.decision
        assert grounds is not None
        assert (entry.event_id, entry.type, entry.stream_id) == (
            r.envelope.event_id,
            r.event.type,
            r.stream.id,
        )
        assert (entry.occurred_at, entry.recorded_at) == (r.envelope.occurred_at, r.recorded_at)
        assert (entry.decided_by, entry.role, entry.organisation, entry.credentials) == (
            grounds.by.id, grounds.by.role, grounds.by.organisation, grounds.by.credentials,
        )  # fmt: skip
        assert (entry.legal_basis, entry.reason_code) == (grounds.legal_basis, grounds.reason_code)
        assert (entry.options_considered, entry.relied_on) == (grounds.options_considered, grounds.relied_on)
        assert (entry.policy_version, entry.review_on) == (grounds.policy_version, grounds.review_on)
        assert (entry.known_through, entry.corrects) == (grounds.known_through, r.corrects)


def test_a_decision_keeps_its_grounds_as_codes_and_ids(log: EventLog, reading: Reading) -> None:
    grounds = decision(
        KEY_WORKER,
        "asked-for-it",
        options_considered=("pause", "reduce", "no-action"),
        relied_on=(event_id(1), event_id(2)),
        review_on=date(2025, 6, 1),
        known_through=4,
    )
    case = Case(log).on(3).meet(*people.ACTIVE, but(people.PAUSE, decision=grounds))
    entry = decisions.register(reading(decisions))[-1]
    assert (entry.type, entry.occurred_at) == ("participant.participation-paused", day(3))
    assert (entry.decided_by, entry.recorded_by) == (KEY_WORKER.id, SUPERVISOR.id)
    assert entry.credentials == KEY_WORKER.credentials
    assert entry.legal_basis == LEGAL_BASIS
    assert entry.options_considered == ("pause", "reduce", "no-action")
    assert entry.relied_on == tuple(case.id_of(event_id(n), case.participant_id) for n in (1, 2))
    assert (entry.review_on, entry.known_through) == (date(2025, 6, 1), 4)
    assert entry.case_id == case.participant_id


def test_what_was_said_in_words_stays_in_the_log(log: EventLog, reading: Reading) -> None:
    whole_case(log)
    copied = str(reading(decisions).execute("SELECT * FROM rm_decisions_v1.decisions").fetchall())
    assert people.UNTOLD not in copied
    assert "An invented reason" not in copied
    assert "I want to try this." not in copied


def test_the_register_is_read_page_by_page(log: EventLog, reading: Reading) -> None:
    whole_case(log)
    asked = reading(decisions)
    whole = decisions.register(asked)
    paged, after = [], Position(0)
    while page := decisions.register(asked, after, limit=3):
        paged += page
        after = page[-1].position
    assert paged == whole


def test_decisions_are_found_by_case_and_by_person(log: EventLog, reading: Reading) -> None:
    one, other = whole_case(log), whole_case(log)
    asked = reading(decisions)
    of_one = decisions.of_case(asked, one.participant_id)
    of_other = decisions.of_case(asked, other.participant_id)
    assert sorted([*of_one, *of_other], key=lambda d: d.position) == decisions.register(asked)
    overrides = decisions.by_person(asked, KEY_WORKER.id, date(2025, 1, 5), date(2025, 1, 5))
    assert [d.type for d in overrides] == ["participant.risk-level-overridden"] * 2
    assert decisions.by_person(asked, KEY_WORKER.id, date(2025, 1, 6), date(2025, 1, 31)) == []


def test_every_kind_of_decision_is_registered() -> None:
    assert set(decisions.ON) == {e for a in ALL for e in a.EVENTS if issubclass(e, DecisionEvent)}
