"""Many callers, one commit: appends that come together are told to the server in one call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.sender import Answers, Sender
from scp_events.event_log.together import Together, TogetherAsync

LARGEST = 256
"""Appends told to the server in one call; more would let the first of them wait too long."""


class Appender:
    """Appends of many threads; a lone one leaves at once."""

    def __init__(self, sender: Sender, *, largest: int = LARGEST) -> None:
        self._sender = sender
        self._together = Together[Append, Answer](sender.send, key=_command, largest=largest)

    def append(self, append: Append) -> Answer:
        """Append, or return why not.

        Raises `IntegrityError` where an event id is taken; `LogUnreachableError`, `LogUnwritableError` and
        `UnsafeServerError` where the server is not as it should be; `QueueFullError` where too many wait.
        """
        return self._together.ask(append)

    def close(self) -> None:
        """Answer those who wait, and give the connection back."""
        self._together.close()
        self._sender.close()


class AppenderAsync:
    """Appends of many tasks of one event loop. A thread tells the server, so that the loop never waits."""

    def __init__(self, sender: Sender, *, largest: int = LARGEST) -> None:
        self._sender = sender
        self._thread = ThreadPoolExecutor(1, "appender")
        self._together = TogetherAsync[Append, Answer](self._send, key=_command, largest=largest)

    async def append(self, append: Append) -> Answer:
        """Append, or return or raise why not, as `Appender.append` does."""
        return await self._together.ask(append)

    async def close(self) -> None:
        """Answer those who wait, and give the connection back."""
        await self._together.close()
        self._thread.shutdown()
        self._sender.close()

    async def _send(self, appends: Sequence[Append]) -> Answers:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._sender.send, appends)


def _command(append: Append) -> UUID:
    """The same command twice in one call would be answered as a conflict with itself."""
    return append.command_id
