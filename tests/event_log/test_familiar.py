"""What a process remembers of streams, and when it must not."""

from __future__ import annotations

from uuid import uuid4

from scp_events.aggregates import participant
from scp_events.event_log.familiar import Familiar, Standing
from scp_events.privacy import open_keyring
from scp_events.vocabulary import ParticipantId, Stream
from tests.aggregates.test_participant import AGREE, MEET, REGISTER
from tests.event_log.test_log import sent
from tests.opened import opened_log

CASE, OTHER = ParticipantId(uuid4()), ParticipantId(uuid4())
STREAM = Stream("irp", uuid4())


def test_the_later_of_two_standings_is_remembered() -> None:
    familiar = Familiar()
    for version in (2, 3, 1):
        familiar.put(STREAM, Standing("state", version, CASE), familiar.forgotten)
    remembered = familiar.get(STREAM)
    assert remembered is not None
    assert remembered.version == 3


def test_those_not_decided_on_for_longest_are_forgotten_first() -> None:
    familiar = Familiar(room=2)
    first, second, third = (Stream("irp", uuid4()) for _ in range(3))
    for version, stream in enumerate((first, second, first, third), start=1):
        familiar.put(stream, Standing("state", version, CASE), familiar.forgotten)
    assert [familiar.get(stream) is None for stream in (first, second, third)] == [False, True, False]


def test_nothing_is_remembered_of_a_person_who_is_to_be_forgotten() -> None:
    familiar = Familiar()
    others = Stream("irp", uuid4())
    familiar.put(STREAM, Standing("state", 1, CASE), 0)
    familiar.put(Stream("participant", CASE), Standing("state", 1, None), 0)
    familiar.put(others, Standing("state", 1, OTHER), 0)
    familiar.forget_person(CASE)
    assert familiar.get(STREAM) is None
    assert familiar.get(Stream("participant", CASE)) is None
    assert familiar.get(others) is not None
    familiar.forget_person(None)
    assert familiar.get(others) is None


def test_what_was_opened_before_a_person_was_forgotten_is_not_remembered_after_it() -> None:
    familiar = Familiar()
    noted = familiar.forgotten
    familiar.forget_person(CASE)
    familiar.put(STREAM, Standing("state", 1, CASE), noted)
    assert familiar.get(STREAM) is None


def test_a_destroyed_key_is_heard_of_by_what_every_process_remembers(log_database: str) -> None:
    with opened_log(log_database) as log, open_keyring(log_database) as elsewhere:
        case = ParticipantId(uuid4())
        for command in (REGISTER, AGREE, MEET):
            log.handle(participant, case, command, sent(), case_id=case)
        assert log.familiar.get(participant.stream(case)) is not None
        before = log.familiar.forgotten
        elsewhere.fence(case)
        elsewhere.destroy(case)
        while log.familiar.forgotten == before:
            log.head()
        assert log.familiar.get(participant.stream(case)) is None
