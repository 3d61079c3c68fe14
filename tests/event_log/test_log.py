from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from scp_events.aggregates import referral
from scp_events.aggregates.referral import AcknowledgeReferral, CorrectReferral, RequestInformation
from scp_events.event_log import (
    CommandIdReusedError,
    EventLog,
    EvidenceMovedError,
    StaleVersionError,
    UnreadableEventError,
)
from scp_events.event_log.recorder import LogRecorder
from scp_events.vocabulary import (
    Actor,
    CommandId,
    EventId,
    ParticipantId,
    Position,
    Provenance,
    ReferralId,
    Refused,
)
from tests.aggregates.test_referral import DRAFT, ELIGIBLE, SUBMIT
from tests.check_log import check_log
from tests.opened import opened_log
from tests.words import LEGAL_BASIS, NOON, REFERRER, ROBOT, SUPERVISOR, decision

CASE = ParticipantId(uuid4())


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


def sent(
    by: Actor = SUPERVISOR, occurred_at: datetime = NOON, command_id: CommandId | None = None
) -> Provenance:
    return Provenance(
        by=by,
        command_id=command_id or CommandId(uuid4()),
        occurred_at=occurred_at,
        purpose="case-management",
    )


def drafted(log: EventLog, case: ParticipantId = CASE) -> ReferralId:
    """Record a new draft and return its id."""
    referral_id = ReferralId(uuid4())
    draft = DRAFT.model_copy(update={"event_id": EventId(uuid4()), "participant_id": case})
    log.handle(referral, referral_id, draft, sent(), case_id=case)
    return referral_id


def test_what_was_decided_is_read_back_as_it_was_said(log: EventLog) -> None:
    referral_id = drafted(log)
    log.handle(referral, referral_id, SUBMIT, sent(REFERRER))
    submitted = log.load(referral, referral_id).history[1]
    assert submitted.event == referral.ReferralSubmitted(decision=SUBMIT.decision)
    assert submitted.envelope.actor == REFERRER
    assert submitted.envelope.occurred_at == NOON
    assert submitted.envelope.case_id == CASE
    assert submitted.envelope.subjects == (CASE,)
    assert submitted.decision == SUBMIT.decision
    assert (submitted.version, submitted.stream) == (2, referral.stream(referral_id))


def test_the_first_event_of_a_stream_settles_its_case(log: EventLog) -> None:
    referral_id = drafted(log)
    log.handle(referral, referral_id, SUBMIT, sent(), case_id=ParticipantId(uuid4()))
    assert {r.envelope.case_id for r in log.load(referral, referral_id).history} == {CASE}
    assert log.case_of_stream(referral.stream(referral_id)) == CASE


def test_a_command_sent_again_gets_the_first_answer(log: EventLog) -> None:
    referral_id = drafted(log)
    submit = sent()
    first = log.handle(referral, referral_id, SUBMIT, submit)
    log.handle(referral, referral_id, AcknowledgeReferral(), sent())
    again = log.handle(referral, referral_id, SUBMIT, submit)
    assert again.repeated
    assert (again.first_position, again.version) == (first.first_position, 2)
    assert log.head() == 3


def test_a_command_sent_again_is_answered_even_on_a_stale_version(log: EventLog) -> None:
    referral_id = drafted(log)
    submit = sent()
    log.handle(referral, referral_id, SUBMIT, submit, expected_version=1)
    assert log.handle(referral, referral_id, SUBMIT, submit, expected_version=1).repeated


def test_a_command_id_cannot_be_used_for_another_command(log: EventLog) -> None:
    referral_id = drafted(log)
    submit = sent()
    log.handle(referral, referral_id, SUBMIT, submit)
    with pytest.raises(CommandIdReusedError):
        log.handle(referral, referral_id, AcknowledgeReferral(), submit)
    assert log.head() == 2


def test_what_was_already_so_records_nothing(log: EventLog) -> None:
    referral_id = drafted(log)
    log.handle(referral, referral_id, SUBMIT, sent())
    log.handle(referral, referral_id, AcknowledgeReferral(), sent())
    outcome = log.handle(referral, referral_id, AcknowledgeReferral(), sent())
    assert (outcome.events, outcome.version, outcome.repeated) == (0, 3, False)
    assert log.head() == 3


def test_a_decision_on_a_stale_version_is_not_recorded(log: EventLog) -> None:
    referral_id = drafted(log)
    log.handle(referral, referral_id, SUBMIT, sent())
    with pytest.raises(StaleVersionError) as stale:
        log.handle(referral, referral_id, AcknowledgeReferral(), sent(), expected_version=1)
    assert (stale.value.expected, stale.value.current) == (1, 2)
    assert log.head() == 2


def test_an_event_id_is_used_once(log: EventLog) -> None:
    taken = DRAFT.model_copy(update={"event_id": EventId(uuid4())})
    log.handle(referral, ReferralId(uuid4()), taken, sent(), case_id=CASE)
    with pytest.raises(Refused) as refusal:
        log.handle(referral, ReferralId(uuid4()), taken, sent(), case_id=CASE)
    assert refusal.value.rule == "an-event-id-is-used-once"


def test_a_decision_by_a_system_is_refused(log: EventLog) -> None:
    referral_id = drafted(log)
    with pytest.raises(Refused) as refusal:
        log.handle(referral, referral_id, SUBMIT, sent(by=ROBOT))
    assert refusal.value.rule == "a-person-decides"
    assert log.head() == 1


def test_a_decision_stands_on_a_basis_in_force_that_day(log: EventLog) -> None:
    referral_id = drafted(log)
    lapsed = decision(legal_basis=LEGAL_BASIS.model_copy(update={"valid_to": date(2020, 1, 1)}))
    with pytest.raises(Refused) as refusal:
        log.handle(referral, referral_id, SUBMIT.model_copy(update={"decision": lapsed}), sent())
    assert refusal.value.rule == "legal-basis-in-force"


def test_a_correction_stands_where_the_fact_it_corrects_stands(log: EventLog) -> None:
    referral_id = drafted(log)
    draft = log.load(referral, referral_id).history[0]
    correct = CorrectReferral(
        decision=decision(),
        corrects=draft.envelope.event_id,
        programme="second-chance",
        route="court-order",
        circumstances="Another invented account.",
    )
    log.handle(referral, referral_id, correct, sent(occurred_at=NOON + timedelta(days=90)))
    correction = log.load(referral, referral_id).history[1]
    assert correction.envelope.occurred_at == draft.envelope.occurred_at
    assert correction.corrects == draft.envelope.event_id


def test_a_decision_on_evidence_is_recorded_only_while_the_evidence_is_all_there_is(log: EventLog) -> None:
    referral_id = drafted(log)
    through = log.head()
    other = drafted(log)
    with pytest.raises(EvidenceMovedError):
        log.handle(referral, referral_id, SUBMIT, sent(), evidence_through=through)
    log.handle(referral, referral_id, SUBMIT, sent(), evidence_through=log.head())
    drafted(log, case=ParticipantId(uuid4()))
    log.handle(referral, other, SUBMIT, sent(), evidence_through=Position(3))


def test_positions_are_dense_and_streams_in_order_under_many_writers(log: EventLog) -> None:
    referrals = [drafted(log) for _ in range(4)]
    for each in referrals:
        log.handle(referral, each, SUBMIT, sent())
        log.handle(referral, each, AcknowledgeReferral(), sent())

    def work(number: int) -> None:
        target = referrals[number % 4]
        eligible = ELIGIBLE.model_copy(update={"eligible": number % 3 == 0})
        log.handle(referral, target, eligible, sent())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(120)))
    assert log.head() > 12


def test_one_command_sent_by_many_at_once_counts_once(log: EventLog) -> None:
    referral_id = drafted(log)
    log.handle(referral, referral_id, SUBMIT, sent())
    log.handle(referral, referral_id, AcknowledgeReferral(), sent())
    ask, same = RequestInformation(request="Which school?"), sent()
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: log.handle(referral, referral_id, ask, same), range(40)))
    assert sum(not outcome.repeated for outcome in outcomes) == 1
    assert {outcome.first_position for outcome in outcomes} == {4}


def test_a_killed_connection_loses_nothing_and_repeats_nothing(log: EventLog, log_database: str) -> None:
    referrals = [drafted(log) for _ in range(60)]

    def kill_backends() -> None:
        # Two that kill at the same time may kill each other's connection.
        with suppress(psycopg.OperationalError), psycopg.connect(log_database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )

    def submit(each: tuple[int, ReferralId]) -> int:
        if each[0] % 15 == 7:
            kill_backends()
        return log.handle(referral, each[1], SUBMIT, sent()).version

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(submit, enumerate(referrals))) == {2}
    assert log.head() == 120


def test_an_instant_means_the_last_position_recorded_by_then(log: EventLog) -> None:
    drafted(log)
    drafted(log)
    first, second = log.read()
    assert log.position_at(first.recorded_at - timedelta(microseconds=1)) == 0
    assert log.position_at(first.recorded_at) == 1
    assert log.position_at(second.recorded_at) == 2
    assert log.position_at(datetime(9999, 1, 1, tzinfo=UTC)) == 2


def test_reading_in_pages_misses_nothing(log: EventLog) -> None:
    for _ in range(7):
        drafted(log)
    assert [r.position for r in log.read_all(batch=3)] == [1, 2, 3, 4, 5, 6, 7]
    assert [r.position for r in log.read(after=Position(5), limit=1)] == [6]


def test_a_reference_names_one_case_however_many_ask_at_once(log: EventLog) -> None:
    with ThreadPoolExecutor(8) as pool:
        cases = set(pool.map(lambda _: log.open_case("SC-2025-007"), range(32)))
    assert cases == {log.case_of("SC-2025-007")}
    assert log.reference_of(cases.pop()) == "SC-2025-007"
    assert log.case_of("SC-2025-008") is None
    assert log.cases() == []


def test_the_log_cannot_be_changed(log: EventLog, log_database: str) -> None:
    drafted(log)
    with psycopg.connect(log_database, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for statement in (
            "UPDATE event_log.events SET type = 'other'",
            "DELETE FROM event_log.events",
            "TRUNCATE event_log.events",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                superuser.execute(statement)


def test_an_event_of_an_unknown_type_is_named_with_its_place(log: EventLog, log_database: str) -> None:
    drafted(log)
    with opened_log(log_database, aggregates=[]) as older, pytest.raises(UnreadableEventError) as unreadable:
        older.read()
    assert "position 1" in str(unreadable.value)
    assert "referral.drafted" in str(unreadable.value)


def test_a_subscription_sees_what_was_there_and_what_comes(log: EventLog, log_database: str) -> None:
    drafted(log)
    recorder = LogRecorder(log_database)
    with recorder.subscribe(gt=0) as subscription:
        assert next(subscription).id == 1
        drafted(log)
        assert next(subscription).id == 2
    recorder.close()


def test_a_listener_wakes_for_news_and_stops_when_told(log: EventLog) -> None:
    with log.listener() as listener:
        listener.wait(60)  # the first wait returns at once: listen first, then pull
        drafted(log)
        listener.wait(60)
        listener.stop()
        listener.wait(60)
    assert log.head() == 1
