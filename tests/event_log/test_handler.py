from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from scp_events.aggregates.engagement.commands import ConfirmStory, Exit, Pause, RecordStory
from scp_events.aggregates.engagement.events import ExitReason
from scp_events.aggregates.participant.commands import (
    ConfirmIdentityLink,
    ProposeIdentityLink,
    RecordDeath,
)
from scp_events.event_log import (
    BlockingCommandHandler,
    ClosedError,
    CommandHandler,
    CommandIdReusedError,
    LogReader,
    StaleVersionError,
)
from scp_events.privacy import open_keyring
from scp_events.vocabulary import (
    Correct,
    EventId,
    Position,
    Precision,
    Refused,
    Retract,
    the_one,
)
from tests.check_log import check_log
from tests.event_log.asking import Case, contact, engaged, engaged_async, recorded, register, sent
from tests.opened import opened_handler, opened_reader
from tests.words import LEGAL_BASIS, OTHER_KEY_WORKER, ROBOT, SUPERVISOR, grounds

LAST_WEEK = datetime.now(UTC) - timedelta(days=7)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler
    check_log(log_database)


@pytest.fixture
def reader(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as reader:
        yield reader


# --- what is recorded -------------------------------------------------------------------------------------


def test_what_was_decided_is_read_back_as_it_was_said(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case = engaged(handler)
    outcome = handler.handle(case.request(contact(minutes=45), sent(by=OTHER_KEY_WORKER)))
    read = reader.event(recorded(outcome))
    assert read is not None
    assert (read.event.held_minutes, read.event.note) == (45, "An invented note.")
    assert read.by == OTHER_KEY_WORKER
    assert (read.position, read.version, read.stream) == (3, 2, case.engagement)
    assert read.envelope.case_id == case.id
    assert read.envelope.subjects == (case.id,)
    assert (outcome.first_position, outcome.version, outcome.recorded_at) == (3, 2, read.recorded_at)


def test_a_report_keeps_its_own_time_as_exactly_as_it_is_known(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case = engaged(handler, at=LAST_WEEK)
    to_the_minute = handler.handle(case.request(contact(), sent(occurred_at=LAST_WEEK + timedelta(hours=1))))
    day = (LAST_WEEK + timedelta(days=2)).date()
    to_the_day = handler.handle(case.request(contact(), sent(occurred_at=day)))
    first, second = (reader.event(recorded(each)) for each in (to_the_minute, to_the_day))
    assert first is not None
    assert second is not None
    assert first.when.at == LAST_WEEK + timedelta(hours=1)
    assert (second.when.day, second.when.precision) == (day, Precision.DAY)


def test_an_act_was_so_when_it_was_recorded_whatever_its_sender_says(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case, other = engaged(handler), engaged(handler)
    propose = ProposeIdentityLink(decision=grounds(), other=other.id)
    outcome = handler.handle(case.request(propose, sent(occurred_at=LAST_WEEK)))
    read = reader.event(recorded(outcome))
    assert read is not None
    assert read.envelope.occurred_at is None
    assert read.when.at == read.recorded_at


def test_what_is_written_in_two_records_is_written_in_both_or_neither(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    one, other = engaged(handler), engaged(handler)
    handler.handle(one.request(ProposeIdentityLink(decision=grounds(), other=other.id)))
    confirm = one.request(ConfirmIdentityLink(decision=grounds(), other=other.id), sent(by=SUPERVISOR))
    outcome = handler.handle(confirm)
    assert len(outcome.event_ids) == 2
    assert outcome.version == 3
    linked = [reader.stream_history(case.participant)[-1] for case in (one, other)]
    assert [each.event.other for each in linked] == [other.id, one.id]
    assert [each.event_id for each in linked] == list(outcome.event_ids)
    assert {each.envelope.command_id for each in linked} == {confirm.provenance.command_id}
    handler.handle(other.request(RecordDeath()))  # its stream has moved on, and is read anew


# --- sent again -------------------------------------------------------------------------------------------


def test_a_command_sent_again_gets_the_first_answer(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case = engaged(handler)
    request = case.request(contact())
    first = handler.handle(request)
    handler.handle(case.request(contact()))
    again = handler.handle(request)
    assert again.repeated
    assert (again.first_position, again.event_ids, again.version) == (3, first.event_ids, 2)
    assert reader.head() == 4


def test_a_command_sent_again_is_answered_even_where_it_would_be_refused_now(
    handler: BlockingCommandHandler,
) -> None:
    case = engaged(handler)
    request = case.request(contact(), expected_version=1)
    handler.handle(request)
    leave = Exit(decision=grounds(), reason=ExitReason.WITHDREW, exit_plan="Invented.")
    handler.handle(case.request(leave))
    assert handler.handle(request).repeated


def test_a_command_id_cannot_be_used_for_another_command(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case, said = engaged(handler), sent()
    handler.handle(case.request(contact(), said))
    with pytest.raises(CommandIdReusedError):
        handler.handle(case.request(contact(minutes=5), said))
    assert reader.head() == 3


def test_what_was_already_so_records_nothing(handler: BlockingCommandHandler, reader: LogReader) -> None:
    case = engaged(handler)
    handler.handle(case.request(Pause(decision=grounds())))
    outcome = handler.handle(case.request(Pause(decision=grounds())))
    assert (outcome.events, outcome.version, outcome.repeated) == (0, 2, False)
    assert reader.head() == 3


@pytest.mark.parametrize("is_remembered", [True, False])
def test_an_event_told_again_under_its_own_id_is_already_so(
    log_database: str, reader: LogReader, *, is_remembered: bool
) -> None:
    event_id = EventId(uuid4())
    with opened_handler(log_database) as handler:
        case = engaged(handler)
        handler.handle(case.request(contact(event_id=event_id)))
        if is_remembered:
            assert handler.handle(case.request(contact(event_id=event_id))).events == 0
    with opened_handler(log_database) as handler:
        assert handler.handle(case.request(contact(event_id=event_id))).events == 0
        with pytest.raises(Refused) as refused:
            handler.handle(case.request(contact(minutes=5, event_id=event_id)))
    assert refused.value.rule == "event-id-taken"
    assert reader.head() == 3


def test_words_are_compared_too_when_an_event_is_told_again(log_database: str) -> None:
    said = contact(event_id=EventId(uuid4()), note="An invented note.")
    with opened_handler(log_database) as handler:
        case = engaged(handler)
        handler.handle(case.request(said))
    with opened_handler(log_database) as handler:
        with pytest.raises(Refused) as refused:
            handler.handle(case.request(said.model_copy(update={"note": "Another invented note."})))
        assert handler.handle(case.request(said)).events == 0
    assert refused.value.rule == "event-id-taken"


def test_what_is_encrypted_is_not_opened_to_decide_what_does_not_rest_on_it(
    log_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_handler(log_database) as handler:
        case = engaged(handler)
        handler.handle(case.request(contact(note="An invented note.")))
    opened: list[str] = []
    with open_keyring(log_database) as keyring:
        monkeypatch.setattr(keyring, "to_open", opened.append)
        with BlockingCommandHandler(CommandHandler(log_database, keyring)) as handler:
            assert handler.handle(case.request(contact(note="Another invented note."))).version == 3
    assert opened == []


def test_an_event_id_of_another_stream_is_refused(handler: BlockingCommandHandler) -> None:
    one, other, event_id = engaged(handler), engaged(handler), EventId(uuid4())
    handler.handle(one.request(contact(event_id=event_id)))
    with pytest.raises(Refused) as refused:
        handler.handle(other.request(contact(event_id=event_id)))
    assert refused.value.rule == "event-id-taken"


def test_a_decision_on_a_stale_version_is_not_recorded(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case = engaged(handler)
    handler.handle(case.request(contact()))
    with pytest.raises(StaleVersionError) as stale:
        handler.handle(case.request(contact(), expected_version=1))
    assert (stale.value.expected, stale.value.current) == (1, 2)
    assert reader.head() == 3


# --- time -------------------------------------------------------------------------------------------------


def test_a_late_entry_is_decided_as_of_its_own_time(handler: BlockingCommandHandler) -> None:
    case = engaged(handler, at=LAST_WEEK)
    leave = Exit(decision=grounds(), reason=ExitReason.WITHDREW, exit_plan="Invented.")
    handler.handle(case.request(leave, sent(occurred_at=LAST_WEEK + timedelta(days=3))))
    late = sent(occurred_at=LAST_WEEK + timedelta(days=1))
    assert handler.handle(case.request(contact(), late)).events == 1
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(contact(), sent(occurred_at=LAST_WEEK + timedelta(days=4))))
    assert refused.value.rule == "exited"


def test_evidence_counts_as_of_the_time_of_the_command(handler: BlockingCommandHandler) -> None:
    case = engaged(handler, at=LAST_WEEK)
    handler.handle(case.request(RecordDeath(), sent(occurred_at=LAST_WEEK + timedelta(days=3))))
    late = sent(occurred_at=LAST_WEEK + timedelta(days=1))
    assert handler.handle(case.request(contact(), late)).events == 1
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(contact()))
    assert refused.value.rule == "died"


def test_what_lies_ahead_is_refused_at_this_door_too(handler: BlockingCommandHandler) -> None:
    case = engaged(handler)
    ahead = sent(occurred_at=datetime.now(UTC) + timedelta(minutes=10))
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(contact(), ahead))
    assert refused.value.rule == "not-happened-yet"


def test_a_correction_stands_at_the_time_of_the_fact_or_where_it_says(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case = engaged(handler, at=LAST_WEEK)
    at = LAST_WEEK + timedelta(days=2)
    wrong = recorded(handler.handle(case.request(contact(), sent(occurred_at=at))))
    content = Correct(decision=grounds(), corrects=wrong, instead=contact(minutes=90))
    moved = Correct(decision=grounds(), corrects=wrong, instead=contact(minutes=90), occurred_at=at.date())
    first, second = (reader.event(recorded(handler.handle(case.request(each)))) for each in (content, moved))
    assert first is not None
    assert second is not None
    assert (first.event.fact.held_minutes, first.event.fact.note) == (90, "An invented note.")
    assert (first.corrects, first.when.at) == (wrong, at)
    assert second.when.precision is Precision.DAY
    retract = Retract(decision=grounds(), corrects=wrong)
    assert handler.handle(case.request(retract)).events == 1
    assert handler.handle(case.request(retract)).events == 0


def test_what_is_decided_after_a_correction_rests_on_the_corrected_time(
    handler: BlockingCommandHandler,
) -> None:
    case = engaged(handler, at=LAST_WEEK)
    told, confirm = RecordStory(story="An invented story."), ConfirmStory(policy_version="2025.1")
    for day, command in enumerate((contact(), contact(), told, confirm), start=1):
        handler.handle(case.request(command, sent(occurred_at=LAST_WEEK + timedelta(days=day))))
    more = case.request(told, sent(occurred_at=LAST_WEEK + timedelta(days=5)))
    wrong = recorded(handler.handle(more))
    before_the_confirmation = LAST_WEEK + timedelta(days=3, hours=1)
    correct = Correct(decision=grounds(), corrects=wrong, instead=told, occurred_at=before_the_confirmation)
    assert handler.handle(case.request(correct)).events == 1
    assert handler.handle(case.request(confirm)).events == 0, "the story is confirmed already"


# --- grounds ----------------------------------------------------------------------------------------------


def test_a_decision_rests_on_events_of_its_own_case(handler: BlockingCommandHandler) -> None:
    case, other = engaged(handler), engaged(handler)
    elsewhere = recorded(handler.handle(other.request(contact())))
    mine = recorded(handler.handle(case.request(contact())))
    for unknown in (elsewhere, EventId(uuid4())):
        with pytest.raises(Refused) as refused:
            handler.handle(case.request(Pause(decision=grounds(relied_on=(mine, unknown)))))
        assert refused.value.rule == "unknown-evidence"
    assert handler.handle(case.request(Pause(decision=grounds(relied_on=(mine,))))).events == 1


def test_a_decision_rests_on_what_had_happened_by_then(handler: BlockingCommandHandler) -> None:
    case = engaged(handler, at=LAST_WEEK)
    later = sent(occurred_at=LAST_WEEK + timedelta(days=2))
    heard = recorded(handler.handle(case.request(contact(), later)))
    pause = Pause(decision=grounds(relied_on=(heard,)))
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(pause, sent(occurred_at=LAST_WEEK + timedelta(days=1))))
    assert refused.value.rule == "evidence-not-happened-yet"
    same_day = sent(occurred_at=(LAST_WEEK + timedelta(days=2)).date())
    assert handler.handle(case.request(pause, same_day)).events == 1


def test_nobody_knew_more_than_the_log_did(handler: BlockingCommandHandler) -> None:
    case = engaged(handler)
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(Pause(decision=grounds(known_through=3))))
    assert refused.value.rule == "known-through-beyond-head"
    assert handler.handle(case.request(Pause(decision=grounds(known_through=2)))).events == 1


def test_what_a_rule_looked_at_is_among_what_the_decision_rests_on(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case = engaged(handler)
    mine = recorded(handler.handle(case.request(contact())))
    handler.handle(case.request(Pause(decision=grounds(relied_on=(mine,)))))
    decision = reader.read()[-1].decision
    assert decision is not None
    assert mine in decision.relied_on


def test_a_decision_by_a_system_is_refused(handler: BlockingCommandHandler) -> None:
    case = engaged(handler)
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(Pause(decision=grounds()), sent(by=ROBOT)))
    assert refused.value.rule == "a-person-decides"


def test_a_decision_stands_on_a_basis_in_force_that_day(handler: BlockingCommandHandler) -> None:
    case = engaged(handler)
    lapsed = LEGAL_BASIS.model_copy(update={"valid_to": date(2020, 1, 1)})
    with pytest.raises(Refused) as refused:
        handler.handle(case.request(Pause(decision=grounds(legal_basis=lapsed))))
    assert refused.value.rule == "legal-basis-not-in-force"


# --- who may, and where -----------------------------------------------------------------------------------


def test_nothing_is_appended_where_it_is_not_allowed_and_reading_goes_on(
    log_database: str, reader: LogReader
) -> None:
    asked: list[str] = []

    class NotAllowedError(Exception):
        pass

    def may_append() -> None:
        asked.append("asked")
        if len(asked) == 1:
            raise NotAllowedError

    with (
        open_keyring(log_database) as keyring,
        BlockingCommandHandler(CommandHandler(log_database, keyring, may_append=may_append)) as handler,
    ):
        case = Case.new()
        with pytest.raises(NotAllowedError):
            handler.handle(case.request(register()))
        assert reader.head() == 0
        engaged(handler, case)
    assert len(asked) == 2, "once it may, nobody is asked again"


def test_after_the_end_nothing_is_recorded(log_database: str) -> None:
    async def asking() -> None:
        with open_keyring(log_database) as keyring:
            async with CommandHandler(log_database, keyring) as handler:
                case = await engaged_async(handler)
            with pytest.raises(ClosedError):
                await handler.handle(case.request(contact()))

    asyncio.run(asking())


def test_a_blocking_handler_refuses_to_run_where_a_loop_runs(log_database: str) -> None:
    async def asking(handler: BlockingCommandHandler) -> None:
        with pytest.raises(RuntimeError, match="running"):
            handler.handle(Case.new().request(register()))

    with opened_handler(log_database) as handler:
        asyncio.run(asking(handler))


def test_the_case_of_a_stream_is_that_of_its_first_event(handler: BlockingCommandHandler) -> None:
    case = engaged(handler)
    assert handler.case_of_stream(case.engagement) == case.id
    assert handler.case_of_stream(the_one("engagement", Case.new().id)) is None


# --- many at once -----------------------------------------------------------------------------------------


def test_a_reference_names_one_case_however_many_ask_at_once(log_database: str, reader: LogReader) -> None:
    async def asking() -> set[object]:
        with open_keyring(log_database) as keyring:
            async with (
                CommandHandler(log_database, keyring) as one,
                CommandHandler(log_database, keyring) as two,
            ):
                return set(await asyncio.gather(*(h.open_case("SC-2025-007") for h in (one, two) * 8)))

    assert asyncio.run(asking()) == {reader.case_of("SC-2025-007")}


def test_one_command_sent_by_many_at_once_counts_once(log_database: str, reader: LogReader) -> None:
    async def asking() -> list[bool]:
        with open_keyring(log_database) as keyring:
            async with (
                CommandHandler(log_database, keyring) as one,
                CommandHandler(log_database, keyring) as two,
            ):
                case = await engaged_async(one)
                request = case.request(contact())
                outcomes = await asyncio.gather(*(h.handle(request) for h in (one, two) * 8))
                assert {outcome.first_position for outcome in outcomes} == {3}
                return [outcome.repeated for outcome in outcomes]

    assert asyncio.run(asking()).count(False) == 1
    assert reader.head() == 3


def test_handlers_of_two_processes_on_one_stream_record_everything(
    log_database: str, reader: LogReader
) -> None:
    async def asking() -> None:
        with open_keyring(log_database) as keyring:
            async with (
                CommandHandler(log_database, keyring) as one,
                CommandHandler(log_database, keyring) as two,
            ):
                case = await engaged_async(one)
                await asyncio.gather(
                    *(h.handle(case.request(contact(minutes=n + 1))) for h in (one, two) for n in range(20))
                )

    asyncio.run(asking())
    assert reader.head() == 42
    check_log(reader.conninfo)


def test_a_case_of_many_events_is_decided_on_as_a_whole(log_database: str, reader: LogReader) -> None:
    with opened_handler(log_database) as handler:
        case = engaged(handler)
        for _ in range(80):
            handler.handle(case.request(contact()))
    with opened_handler(log_database) as handler:
        outcome = handler.handle(case.request(contact()))
    assert (outcome.version, outcome.first_position) == (82, Position(83))
    assert reader.stream_history(case.engagement)[-1].version == 82


def test_what_is_so_now_is_so_after_everything_that_is_known_whatever_the_clocks_say(
    log_database: str, reader: LogReader
) -> None:
    """Two programs whose clocks differ a little: nobody decides as if the other's event were yet to come."""

    async def asking() -> None:
        with open_keyring(log_database) as keyring:
            ahead = CommandHandler(
                log_database, keyring, clock=lambda: datetime.now(UTC) + timedelta(minutes=3)
            )
            async with ahead, CommandHandler(log_database, keyring) as behind:
                case = await engaged_async(ahead)
                await ahead.handle(case.request(RecordDeath()))
                with pytest.raises(Refused) as refused:
                    await behind.handle(case.request(contact()))
                assert refused.value.rule == "died"
                other = await engaged_async(ahead)
                await behind.handle(other.request(contact()))

    asyncio.run(asking())
    times = [r.when.at for r in reader.stream_history(reader.read()[-1].stream)]
    assert times == sorted(times)
