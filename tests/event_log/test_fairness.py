"""Two processes that both hammer one stream: neither starves."""

from __future__ import annotations

import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from time import monotonic

import pytest

from scp_events.event_log import BlockingCommandHandler, CommandHandler
from scp_events.privacy import open_keyring
from tests.event_log.asking import Case, contact, engaged
from tests.opened import opened_handler

pytestmark = pytest.mark.once  # of the log as such; test_handler appends from the wheel

SECONDS = 4.0
TASKS = 4
FAIR = 3


def hammer(conninfo: str, case: Case, pipe: Connection) -> None:
    """Record contacts for a while, and tell how many."""

    async def hammering() -> int:
        with open_keyring(conninfo) as keyring:
            async with CommandHandler(conninfo, keyring) as handler:
                pipe.send("ready")
                await asyncio.to_thread(pipe.recv)
                until = monotonic() + SECONDS

                async def one() -> int:
                    count = 0
                    while monotonic() < until:
                        count += (await handler.handle(case.request(contact()))).events
                    return count

                return sum(await asyncio.gather(*(one() for _ in range(TASKS))))

    pipe.send(asyncio.run(hammering()))


@pytest.mark.parametrize("round_", range(2))
def test_two_processes_on_one_stream_share_it_fairly(log_database: str, round_: int) -> None:
    with opened_handler(log_database) as handler:
        assert isinstance(handler, BlockingCommandHandler)
        case = engaged(handler)
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(2):
        ours, theirs = spawn.Pipe()
        processes.append(spawn.Process(target=hammer, args=(log_database, case, theirs)))
        processes[-1].start()
        pipes.append(ours)
    assert [pipe.recv() for pipe in pipes] == ["ready"] * 2
    for pipe in pipes:
        pipe.send("go")
    counts = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join(60)
    print(counts)  # noqa: T201 - shown where it fails
    assert min(counts) > 0
    assert max(counts) <= FAIR * min(counts), counts
