"""Failures of programs that do this job today, each told to a log. docs/FACTS.md lists them all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from scp_events.aggregates import engagement
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.policy import CURRENT
from scp_events.publishing.audiences import INTERNAL, PARTNERS
from scp_events.publishing.cloud_events import Edition
from scp_events.replay import CaseReplay, Point, replay
from scp_events.vocabulary import Correct, EventId, Refused, Retract
from scp_events.what_if import WouldDiffer, what_if
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.engagement import AGREE, ASSIGN, CONFIRM, EXIT, HAND_OVER, MEET, PAUSE, RESUME, TELL
from tests.examples.jurisdiction import adopt
from tests.examples.participant import REGISTER
from tests.opened import opened_handler, opened_reader
from tests.words import KEY_WORKER, NOON, OTHER_KEY_WORKER, SUPERVISOR, grounds
from tests.wrong_answers.asking import Place, actor

DAY = timedelta(days=1)


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def case(log_database: str) -> Iterator[Case]:
    """Somebody registered at noon on Monday, with whom boundaries were agreed."""
    with opened_handler(log_database) as handler:
        yield begun(handler)


def begun(handler: BlockingCommandHandler) -> Case:
    case = Case(handler)
    case.ask_all((REGISTER, AGREE), at=NOON)
    return case


def engaged(told: CaseReplay) -> dict[str, Any]:
    """Return how the engagement stood."""
    [state] = [each.state for each in told.streams if each.category == "engagement"]
    return state


def test_reassigning_a_case_keeps_every_earlier_period_and_never_moves_the_first_assigned_date(
    log: LogReader, case: Case
) -> None:
    case.ask(ASSIGN, at=NOON + DAY, by=SUPERVISOR)
    *_, assigned = replay(log, case.id).story
    assert assigned.type == "engagement.key-worker-assigned"
    case.ask(HAND_OVER, at=NOON + 10 * DAY, by=SUPERVISOR)
    after = replay(log, case.id)
    assert assigned in after.story
    for day, worker in ((1, KEY_WORKER), (9, KEY_WORKER), (10, OTHER_KEY_WORKER)):
        then = engaged(replay(log, case.id, Point(as_of=NOON + day * DAY)))
        assert then["key_worker"] == worker.id


def test_a_status_change_never_rewrites_an_earlier_status(log: LogReader, case: Case) -> None:
    days = range(6)
    seen: dict[int, str] = {}
    for number, command in enumerate((PAUSE, RESUME, PAUSE, RESUME, EXIT), 1):
        case.ask(command, at=NOON + number * DAY, by=SUPERVISOR)
        for day in days[: number + 1]:
            status = engaged(replay(log, case.id, Point(as_of=NOON + day * DAY)))["status"]
            assert seen.setdefault(day, status) == status
    assert [seen[day] for day in days] == ["engaging", "paused", "engaging", "paused", "engaging", "exited"]


def test_nobody_says_when_something_was_recorded(log: LogReader, case: Case) -> None:
    """What the sender says of its own clock is kept as a claim of its source, apart."""
    before = log.now()
    with pytest.raises(TypeError, match="recorded_at"):
        case.ask(MEET, at=NOON + DAY, recorded_at=NOON)
    [event_id] = case.ask(MEET, at=NOON + DAY, source_recorded_at=NOON + DAY).event_ids
    [told] = [entry for entry in replay(log, case.id).story if entry.event_id == event_id]
    assert before <= told.recorded_at <= log.now()
    assert told.source_recorded_at == NOON + DAY


def test_a_sender_who_names_the_time_of_recording_is_refused(place: Place) -> None:
    at = place.engaged(place.reference()) + "/engagement/record-contact"
    met = {"made_by": actor("kw-juniper"), "medium": "phone", "outcome": "missed"}
    said = {"command": met, "occurred_at": "2025-04-01T12:00:00Z"}
    for lie in (
        said | {"recorded_at": "2025-04-01T12:00:00Z"},
        said | {"command": met | {"recorded_at": "x"}},
    ):
        refused = place.worker.ask("POST", at, lie, Idempotency_Key=uuid4().hex)
        assert refused.status == 422
        assert "a name here is not known" in refused.text


def test_what_cannot_have_followed_the_event_before_is_refused_and_not_warned_about(
    log: LogReader, case: Case
) -> None:
    head = log.head()
    for command, rule in ((RESUME, "not-paused"), (CONFIRM, "no-story"), (HAND_OVER, "no-key-worker")):
        with pytest.raises(Refused) as refused:
            case.ask(command, at=NOON + DAY, by=SUPERVISOR)
        assert refused.value.rule == rule
    with pytest.raises(Refused) as refused:
        case.ask(TELL, at=NOON - DAY)
    assert refused.value.rule == "not-registered"
    assert log.head() == head


@pytest.mark.parametrize("reason", ["", "  \n"])
@pytest.mark.parametrize("amending", [Correct, Retract])
def test_an_amendment_with_an_empty_reason_is_refused(amending: type[Correct | Retract], reason: str) -> None:
    corrects = EventId(UUID(int=7))
    said = {"corrects": corrects, "instead": MEET} if amending is Correct else {"corrects": corrects}
    assert amending.model_validate(said | {"decision": grounds()})
    for field in ("reason_code", "reason_text"):
        with pytest.raises(ValidationError, match=field):
            amending.model_validate(said | {"decision": grounds().model_dump() | {field: reason}})


def test_a_retraction_is_an_event_of_its_own_and_reaches_subscribers(log: LogReader, case: Case) -> None:
    """With its id and its place in the sequence, and the place of the message before it."""
    [met] = case.ask(MEET, at=NOON + DAY).event_ids
    before = log.head()
    case.ask(Retract(decision=grounds(), corrects=met), stream=case.stream(engagement), by=SUPERVISOR)
    [retraction] = log.read(before)
    assert retraction.event.type == "engagement.contact-recorded.retracted"
    assert INTERNAL.is_told_of(retraction)
    assert not PARTNERS.is_told_of(retraction), "nor were they told of the contact"
    message = Edition(INTERNAL, bytes(32), "urn:scp:installation:test").kafka_message(retraction, before)
    assert message.headers["ce_id"] == str(retraction.event_id).encode()
    assert message.headers["ce_position"] == str(before + 1).encode()
    assert message.headers["ce_prevposition"] == str(before).encode()


def test_a_new_rule_is_not_applied_to_old_records(log: LogReader, case: Case, log_database: str) -> None:
    """Each decision is judged by the version of the policy it names; what another would say is a question."""
    case.ask(ASSIGN, at=NOON + DAY, by=SUPERVISOR)
    before = replay(log, case.id)
    strict = CURRENT.model_copy(update={"version": "2099.1", "credential_of_key_worker": "youth-work"})
    with opened_handler(log_database) as handler:
        adopt(handler, strict)
    after = replay(log, case.id)
    assert (after.story, after.streams, after.contradictions) == (before.story, before.streams, ())
    found = [each for each in what_if(log, strict.version, case.id) if isinstance(each, WouldDiffer)]
    [other] = [each for each in found if each.would_be_refused_by]
    assert other.would_be_refused_by == "credential-missing"
