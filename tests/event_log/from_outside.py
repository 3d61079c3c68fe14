"""A sender of appends, asked from outside its event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from scp_events.database.connection import Connection
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.calls import STATEMENTS
from scp_events.event_log.connecting import connect
from scp_events.event_log.roles import WRITER
from scp_events.event_log.sending import Answers, Sender


def sender(conninfo: str, patience: float = 30.0) -> Sender:
    """Return a sender with a connection of its own."""
    connecting = partial(connect, conninfo, WRITER, max(patience, 2.0))
    return Sender(Connection(connecting, STATEMENTS), patience=patience)


class FromOutside:
    """Sends one call after the other."""

    def __init__(self, conninfo: str, patience: float = 30.0) -> None:
        self.sender = sender(conninfo, patience)
        self._runner = asyncio.Runner()

    def send(self, appends: Sequence[Append]) -> Answers:
        """Return what is answered to one call."""
        return self._runner.run(self.sender.send(appends))

    def append(self, append: Append) -> Answer:
        """Return the answer to a lone append, or raise it."""
        (answer,) = self.send([append])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Give the connection back."""
        self.sender.close()
        self._runner.close()
