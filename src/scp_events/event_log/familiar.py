"""What a process remembers of the streams it decided on last, so that it need not open them again.

What is remembered may be old: another process may have written since. So it serves for recording only, which
the server refuses where the stream has moved on; nobody is refused anything on its account.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from scp_events.vocabulary import ParticipantId, Stream

S = TypeVar("S")

ROOM = 4_096
"""Streams remembered; those not decided on for longest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Standing(Generic[S]):
    """Where a stream stands: its state, its version (0: nothing yet) and whose case it belongs to."""

    state: S
    version: int
    case_id: ParticipantId | None


class Familiar:
    """Standings by stream. For many threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._by_stream: OrderedDict[Stream, Standing[object]] = OrderedDict()
        self.forgotten = 0
        """How often something had to be forgotten. Who decides notes it first, and says it in `put`."""

    def get(self, stream: Stream) -> Standing[object] | None:
        """Return where a stream stood when this process last recorded in it, if that is remembered."""
        with self._lock:
            return self._by_stream.get(stream)

    def put(self, stream: Stream, standing: Standing[object], noted: int) -> None:
        """Remember where a stream stands now, unless something was forgotten since: it could be that one.

        Of two that are told, the later version is kept.
        """
        with self._lock:
            if noted != self.forgotten:
                return
            known = self._by_stream.get(stream)
            if known is None or known.version < standing.version:
                self._by_stream[stream] = standing
            self._by_stream.move_to_end(stream)
            if len(self._by_stream) > self._room:
                self._by_stream.popitem(last=False)

    def forget(self, stream: Stream, *, before: int | None = None) -> None:
        """Remember nothing of a stream; with `before`, unless it is remembered at that version or later."""
        with self._lock:
            known = self._by_stream.get(stream)
            if known is not None and (before is None or known.version < before):
                del self._by_stream[stream]

    def forget_person(self, subject: UUID | None) -> None:
        """Remember nothing of a person whose words are to be gone; with None, of nobody."""
        with self._lock:
            self.forgotten += 1
            for stream, standing in [*self._by_stream.items()]:
                if subject in {None, standing.case_id, stream.id}:
                    del self._by_stream[stream]
