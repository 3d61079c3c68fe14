"""A trial answers as the log would, and writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from scp_events.aggregates.engagement.commands import Pause
from scp_events.event_log import CommandHandler, CommandIdReusedError
from scp_events.event_log.store import LogStore
from scp_events.event_log.trial import TrialKeys, TrialStore
from scp_events.privacy import open_keyring
from scp_events.vocabulary import Correct, EventId, Refused, Stream
from tests.event_log.asking import Case, agree, contact, engaged, recorded, register, sent
from tests.opened import opened_handler, opened_reader
from tests.words import OTHER_KEY_WORKER, grounds

Scene = Callable[[CommandHandler, TrialStore], Awaitable[None]]


def tried(conninfo: str, scene: Scene) -> None:
    """Play a scene with a trial of a log, and see that nothing was written."""

    async def playing() -> None:
        with open_keyring(conninfo) as keyring:
            store = TrialStore(LogStore(conninfo, patience=30))
            async with CommandHandler(conninfo, TrialKeys(keyring), store=store) as handler:
                await scene(handler, store)

    before = written(conninfo)
    asyncio.run(playing())
    assert written(conninfo) == before


def written(conninfo: str) -> list[object]:
    """Return how much there is of everything that a command may write."""
    with psycopg.connect(conninfo) as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - ours
            for table in ("event_log.events", "event_log.commands", "event_log.cases", "keyring.keys")
        ]


def test_a_new_case_is_tried_from_its_beginning(log_database: str) -> None:
    async def scene(handler: CommandHandler, _store: TrialStore) -> None:
        case_id = await handler.open_case("SC-2025-007")
        assert await handler.open_case("SC-2025-007") == case_id
        case = Case(case_id, "SC-2025-007")
        with pytest.raises(Refused) as refused:
            await handler.handle(case.request(agree()))
        assert refused.value.rule == "not-registered"
        for command in (register(), agree(), contact()):
            assert (await handler.handle(case.request(command))).events == 1
        assert await handler.case_of_stream(case.engagement) == case_id

    tried(log_database, scene)


def test_a_trial_goes_on_from_what_the_log_holds(log_database: str) -> None:
    with opened_handler(log_database) as real:
        case = engaged(real)
        said = sent()
        fact = recorded(real.handle(case.request(contact(), said)))

    async def scene(handler: CommandHandler, _store: TrialStore) -> None:
        again = await handler.handle(case.request(contact(), said))
        assert again.repeated
        correct = Correct(decision=grounds(relied_on=(fact,)), corrects=fact, instead=contact(minutes=5))
        outcome = await handler.handle(case.request(correct))
        assert (outcome.version, outcome.first_position) == (3, 4)
        later = Pause(decision=grounds(relied_on=outcome.event_ids))
        assert (await handler.handle(case.request(later))).events == 1
        assert (await handler.handle(case.request(later))).events == 0

    tried(log_database, scene)


def test_a_trial_of_a_trial_sees_what_the_first_was_told_and_tells_it_nothing(log_database: str) -> None:
    async def scene(handler: CommandHandler, _store: TrialStore) -> None:
        case = Case(await handler.open_case("SC-2025-007"), "SC-2025-007")
        for command in (register(), agree()):
            await handler.handle(case.request(command))
        for _ in range(2):
            tried_out = handler.trial()
            assert await tried_out.case_of("SC-2025-007") == case.id
            assert (await tried_out.handle(case.request(Pause(decision=grounds())))).first_position == 3
            assert (await tried_out.handle(case.request(Pause(decision=grounds())))).events == 0
        assert (await handler.handle(case.request(contact()))).first_position == 3

    tried(log_database, scene)


def test_a_trial_beside_a_handler_leaves_its_log_and_its_memory_as_they_are(log_database: str) -> None:
    async def scene() -> None:
        with open_keyring(log_database) as keyring:
            async with CommandHandler(log_database, keyring) as handler:
                case = Case(await handler.open_case("SC-2025-007"), "SC-2025-007")
                await handler.handle(case.request(register()))
                before = written(log_database)
                assert (await handler.trial().handle(case.request(agree()))).events == 1
                assert written(log_database) == before
                assert (await handler.handle(case.request(agree()))).first_position == 2

    asyncio.run(scene())


def test_what_many_commands_came_to_is_recalled_at_once(log_database: str) -> None:
    with opened_handler(log_database) as real:
        case = engaged(real)
        said = sent()
        fact = recorded(real.handle(case.request(contact(), said)))

    async def scene(handler: CommandHandler, _store: TrialStore) -> None:
        request = case.request(contact(), tried_now := sent())
        event_ids = (await handler.handle(request)).event_ids
        nobodys = sent().command_id
        found = await handler.recall([said.command_id, tried_now.command_id, nobodys])
        assert {command: [each.event_id for each in came_to] for command, came_to in found.items()} == {
            said.command_id: [fact],
            tried_now.command_id: [*event_ids],
        }
        assert handler.read(found[said.command_id][0]).event_id == fact
        again = await handler.answer_again(request, found[tried_now.command_id])
        assert (again.event_ids, again.repeated) == (event_ids, True)
        with pytest.raises(CommandIdReusedError):
            await handler.answer_again(case.request(contact(minutes=5), said), found[said.command_id])

    tried(log_database, scene)


def test_a_trial_knows_its_own_commands_and_event_ids(log_database: str) -> None:
    with opened_handler(log_database) as real:
        one, other = engaged(real), engaged(real)
        taken = recorded(real.handle(one.request(contact())))

    async def scene(handler: CommandHandler, _store: TrialStore) -> None:
        request = one.request(contact(), sent(by=OTHER_KEY_WORKER))
        first = await handler.handle(request)
        assert (await handler.handle(request)).event_ids == first.event_ids
        for event_id in (taken, EventId(first.event_ids[0])):
            with pytest.raises(Refused) as refused:
                await handler.handle(other.request(contact(event_id=event_id)))
            assert refused.value.rule == "event-id-taken"
        nobody = Case.new()
        assert await handler.case_of_stream(Stream("engagement", nobody.id)) is None

    tried(log_database, scene)


def test_a_trial_stands_still(log_database: str) -> None:
    with opened_handler(log_database) as real, opened_reader(log_database) as reader:
        case = engaged(real)

        async def scene(handler: CommandHandler, _store: TrialStore) -> None:
            assert (await handler.handle(case.request(contact()))).version == 2

        tried(log_database, scene)
        assert reader.head() == 2
