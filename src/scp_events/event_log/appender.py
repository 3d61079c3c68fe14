"""Many callers, one commit: appends that come together are told to the server in one call."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.line import ROOM
from scp_events.event_log.sender import Sender, SenderAsync
from scp_events.event_log.together import Together, TogetherAsync

LARGEST = 256
"""Appends told to the server in one call; more would let the first of them wait too long."""
SENDERS = 2
"""Connections to append over: while one's call is under way, the other's callers decide."""


class Appender:
    """Appends of many threads; a lone one leaves at once."""

    def __init__(self, senders: Sequence[Sender], *, largest: int = LARGEST, room: int = ROOM) -> None:
        self._senders = senders
        self._together = Together[Append, Answer](
            [sender.send for sender in senders], key=_command, largest=largest, room=room
        )

    def append(self, append: Append) -> Answer:
        """Append, or return why not.

        Raises `IntegrityError` where an event id is taken; `LogUnreachableError`, `LogUnwritableError` and
        `UnsafeServerError` where the server is not as it should be; `QueueFullError` where too many wait.
        """
        return self._together.ask(append)

    def close(self) -> None:
        """Answer those who wait, and give the connections back."""
        self._together.close()
        for sender in self._senders:
            sender.close()


class AppenderAsync:
    """Appends of many tasks of one event loop."""

    def __init__(self, senders: Sequence[SenderAsync], *, largest: int = LARGEST, room: int = ROOM) -> None:
        self._senders = senders
        self._together = TogetherAsync[Append, Answer](
            [sender.send for sender in senders], key=_command, largest=largest, room=room
        )

    async def append(self, append: Append) -> Answer:
        """Append, or return or raise why not, as `Appender.append` does."""
        return await self._together.ask(append)

    async def close(self) -> None:
        """Answer those who wait, and give the connections back."""
        await self._together.close()
        for sender in self._senders:
            sender.close()


def _command(append: Append) -> UUID:
    """The same command twice in one call would be answered as a conflict with itself."""
    return append.command_id
