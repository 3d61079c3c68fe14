"""A process of many callers: `python -m tests.event_log.oracle.writer PLAN NAME LIFE`. Its input ends it.

What is asked is written down before, what is answered after. A process that follows one that was killed first
asks again whatever that one had no answer to.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from eventsourcing.persistence import IntegrityError, StoredEvent

from scp_events.event_log import CommandHandler, LogUnreachableError, Outcome
from scp_events.event_log.appends import Answer
from scp_events.event_log.recorder import LogRecorder
from scp_events.event_log.store import SENDERS
from tests.event_log.oracle import deciders, tally
from tests.event_log.oracle.deciders import Decider, Wish, opened_keyring
from tests.event_log.oracle.journal import Journal, lines
from tests.event_log.oracle.mutants import parts_of
from tests.event_log.oracle.parts import PATIENCE, connection
from tests.event_log.oracle.plan import Plan
from tests.event_log.oracle.questions import KEPT, Asker, Question

UNTIL_ANSWERED = frozenset({"LogUnreachableError", "LogUnwritableError", "BusyError", "ClosedError"})
"""Whoever hears one of these asks again."""
LOOKS = 10
"""Of so many answers one is looked up at once."""


class Writer:
    """All the callers of one life of a process."""

    def __init__(self, plan: Plan, name: str, life: int) -> None:
        self.plan = plan
        self.journal = Journal(plan.journal(name))
        self.left = unanswered(plan.journal(name)) if life else []
        self.stopping = threading.Event()
        self._prefix = f"{name}/{life}"
        self._numbers = count()
        self._parts = parts_of(plan.mutant)
        self._parts.patch()
        self.recorder = LogRecorder(plan.conninfo)

    def run(self) -> None:
        """Ask until told to stop."""
        self.journal.write(k="start", at=time.monotonic_ns(), life=self._prefix)
        threading.Thread(target=self._await_the_end, daemon=True).start()
        asyncio.run(self._in_a_loop())
        self.recorder.close()
        self.journal.write(k="end", at=time.monotonic_ns())

    def _await_the_end(self) -> None:
        sys.stdin.read()
        self.stopping.set()

    async def _in_a_loop(self) -> None:
        conninfo = self.plan.conninfo
        senders = [self._parts.sender(connection(conninfo), patience=PATIENCE) for _ in range(SENDERS)]
        self.commit = self._parts.commit([sender.send for sender in senders])
        loop = asyncio.get_running_loop()
        self.recorder.append = lambda append: asyncio.run_coroutine_threadsafe(  # type: ignore[method-assign]  # as the appends of all others
            self.commit.append(append), loop
        ).result()
        keyring = await asyncio.to_thread(opened_keyring, self.plan)
        handler = await self._opened(CommandHandler(conninfo, keyring, [tally]))
        await asyncio.gather(
            *(self._ask_on(n) for n in range(self.plan.tasks)),
            *(self._decide_on(handler, n) for n in range(self.plan.deciders)),
        )
        await handler.close()
        await self.commit.close()
        for sender in senders:
            sender.close()
        keyring.close()

    async def _opened(self, handler: CommandHandler) -> CommandHandler:
        while True:
            with suppress(LogUnreachableError):
                return await handler.__aenter__()  # as the log may be on the move just now
            await asyncio.sleep(0.1)

    # --- asking ---------------------------------------------------------------------------------------------

    async def _ask_on(self, number: int) -> None:
        asker = Asker(self.plan, f"task-{number}/{self._prefix}", started_ns=0)
        for question in self.left if number == 0 else ():
            await self._until_answered(replace(question, expects=None))
        while not self.stopping.is_set():
            question = asker.next(time.monotonic_ns())
            answer = await self._until_answered(question)
            if answer is not None:
                asker.learn(question, answer)
                await self._look(asker, question, answer)

    async def _until_answered(self, question: Question) -> Answer | None:
        while True:
            number = self._ask(question)
            try:
                answer = await self._asked(question)
            except Exception as error:  # noqa: BLE001 - the judge says whether it is true
                self._failed(number, error)
                if type(error).__name__ not in UNTIL_ANSWERED:
                    return None
            else:
                self._answered(number, question, answer)
                return answer

    async def _asked(self, question: Question) -> Answer:
        if question.library:
            return await asyncio.to_thread(self._listed, question)
        return await self.commit.append(question.append())

    def _listed(self, question: Question) -> Answer:
        """Ask through the library's interface, which lists positions."""
        append = question.append()
        said = [StoredEvent(each.stream.id, each.version, each.type, each.body) for each in append.events]
        positions = self.recorder.insert_events(said, command_id=question.command)
        if positions is None or list(positions) != list(range(positions[0], positions[0] + len(positions))):
            raise IntegrityError(f"positions {positions}")
        return Answer("listed", positions[0], datetime.now(UTC))

    async def _look(self, asker: Asker, question: Question, answer: Answer) -> None:
        """What is acknowledged can be read, by anybody, at once.

        Where the command's id was another one's, that is what the position tells of, and how many events it
        came to is not known.
        """
        if not answer.first_position or asker.random.randrange(LOOKS):
            return
        first, number = answer.first_position, len(question.events) if answer.outcome in KEPT else 1
        with suppress(LogUnreachableError):
            found = await asyncio.to_thread(self.recorder.select_notifications, first, number)
            seen = len(found) == number and found[0].id == first
            self.journal.write(k="look", first=first, count=number, outcome=answer.outcome, seen=seen)

    # --- deciding -------------------------------------------------------------------------------------------

    async def _decide_on(self, handler: CommandHandler, number: int) -> None:
        decider = Decider(self.plan, f"decider-{number}/{self._prefix}")
        while not self.stopping.is_set():
            wish = decider.next(time.monotonic_ns())
            decider.learn(wish, await self._until_told(wish, handler.handle))

    async def _until_told(
        self, wish: Wish, handle: Callable[[Any], Awaitable[Outcome]]
    ) -> Outcome | Exception:
        while True:
            wished = self._wish(wish)
            try:
                answer: Outcome | Exception = await handle(wish.request)
            except Exception as error:  # noqa: BLE001 - the judge says whether it is true
                answer = error
            self.journal.write(k="told", n=wished, **deciders.told(answer))
            if type(answer).__name__ not in deciders.UNTIL_ANSWERED:
                return answer

    def _wish(self, wish: Wish) -> str:
        number = f"{self._prefix}/{next(self._numbers)}"
        self.journal.write(
            k="wish", n=number, at=time.monotonic_ns(), wall=time.time_ns() // 1000, **wish.line()
        )
        return number

    # --- writing down ---------------------------------------------------------------------------------------

    def _ask(self, question: Question) -> str:
        number = f"{self._prefix}/{next(self._numbers)}"
        self.journal.write(
            k="ask", n=number, at=time.monotonic_ns(), wall=time.time_ns() // 1000, **question.line()
        )
        return number

    def _answered(self, number: str, question: Question, answer: Answer) -> None:
        self.journal.write(
            k="answer",
            n=number,
            at=time.monotonic_ns(),
            outcome=answer.outcome,
            first=answer.first_position,
            count=len(question.events),
            recorded_at=answer.recorded_at.isoformat(),
        )

    def _failed(self, number: str, error: Exception) -> None:
        event_id = getattr(error, "event_id", None)
        self.journal.write(
            k="answer",
            n=number,
            at=time.monotonic_ns(),
            error=type(error).__name__,
            event_id=event_id.hex if event_id else None,
            said=str(error)[:200],
        )


def unanswered(journal: Any) -> list[Question]:
    """Return what an earlier life of this process has asked and not been answered."""
    asked: dict[str, Question] = {}
    for line in lines(journal):
        if line["k"] == "ask":
            asked[line["n"]] = Question.of(line)
        elif line["k"] == "answer":
            asked.pop(line["n"], None)
    return list(asked.values())


if __name__ == "__main__":
    Writer(Plan.load(sys.argv[1]), sys.argv[2], int(sys.argv[3])).run()
