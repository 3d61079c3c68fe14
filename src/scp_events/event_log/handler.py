"""Decisions go in: the one way into the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from uuid_utils.compat import uuid7

from scp_events.aggregates import ALL
from scp_events.event_log.answers import Outcome
from scp_events.event_log.requests import CommandRequest
from scp_events.privacy.keyring import Keyring
from scp_events.vocabulary import AnyAggregate, Calendar, CaseId, Stream

PATIENCE_SECONDS = 30.0
ROOM = 4_096


def _now() -> datetime:
    return datetime.now(UTC)


class CommandHandler:
    """Decides commands and records what they come to: for the tasks of one event loop."""

    calendar: Calendar

    def __init__(  # noqa: PLR0913 - each has a usual value, and is given by name
        self,
        conninfo: str,
        keyring: Keyring,
        aggregates: Sequence[AnyAggregate] = ALL,
        *,
        may_append: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = _now,
        new_id: Callable[[], UUID] = uuid7,
        patience: float = PATIENCE_SECONDS,
        room: int = ROOM,
    ) -> None:
        """`may_append` raises where nothing may be appended, as when an anchor is ahead of the log."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Connect. Raises `UnsafeServerError` or `LogUnreachableError`."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Answer those who wait, and give every connection back."""

    async def handle(self, request: CommandRequest) -> Outcome:
        """Decide a command on what is known, and record what it comes to, once."""
        raise NotImplementedError

    async def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; make one where there is none yet."""
        raise NotImplementedError

    async def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none."""
        raise NotImplementedError
