"""The command handler for a program that has no event loop: the command line, an import."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from scp_events.event_log.answers import Outcome
from scp_events.event_log.handler import CommandHandler
from scp_events.event_log.requests import CommandRequest
from scp_events.vocabulary import CaseId, Stream

T = TypeVar("T")


class BlockingCommandHandler:
    """Owns an event loop, which runs while something is asked. For one thread that has no loop of its own."""

    def __init__(self, handler: CommandHandler) -> None:
        self._handler = handler
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        try:
            self._wait_for(self._handler.__aenter__())
        except BaseException:
            self._loop.close()  # nobody leaves a block that was never entered
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer those who wait, and give every connection back."""
        try:
            self._wait_for(self._handler.close())
        finally:
            self._loop.close()

    def handle(self, request: CommandRequest) -> Outcome:
        """Decide a command and record what it comes to, as `CommandHandler.handle` does."""
        return self._wait_for(self._handler.handle(request))

    def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; make one where there is none yet."""
        return self._wait_for(self._handler.open_case(reference))

    def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, or None."""
        return self._wait_for(self._handler.case_of(reference))

    def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none."""
        return self._wait_for(self._handler.case_of_stream(stream))

    def run(self, work: Callable[[CommandHandler], Coroutine[Any, Any, T]]) -> T:
        """Have the loop do something that asks the handler for many things at the same time."""
        return self._wait_for(work(self._handler))

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run_until_complete(work)
        except RuntimeError:
            work.close()  # where this thread has a running loop it never began
            raise
