"""A process of many callers: `python -m tests.event_log.oracle.writer PLAN NAME LIFE`. Its input ends it.

What is asked is written down before, what is answered after. A process that follows one that was killed first
asks again whatever that one had no answer to.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

from eventsourcing.persistence import IntegrityError
from scp_events.event_log.appender import SENDERS
from scp_events.event_log.telling import LogUnreachableError

from scp_events.event_log import EventLogAsync, Outcome
from scp_events.event_log.appends import Answer
from scp_events.event_log.recorder import LogRecorder
from tests.event_log.oracle import deciders
from tests.event_log.oracle.deciders import Decider, WholeLog, Wish
from tests.event_log.oracle.journal import Journal, lines
from tests.event_log.oracle.mutants import parts_of
from tests.event_log.oracle.plan import Plan
from tests.event_log.oracle.questions import Asker, Question

UNTIL_ANSWERED = frozenset(
    {"LogUnreachableError", "LogUnwritableError", "NotAnsweredError", "QueueFullError", "ClosedError"}
)
"""Whoever hears one of these asks again."""
LOOKS = 40
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
        parts = parts_of(plan.mutant)
        parts.patch()
        self.whole = WholeLog(plan)
        self.recorder = LogRecorder(plan.conninfo)
        self.appender = parts.appender([parts.sender(plan.conninfo) for _ in range(SENDERS)])
        self.recorder.append = self.appender.append
        self.senders = lambda: [parts.sender_async(plan.conninfo) for _ in range(SENDERS)]
        self.appender_async = parts.appender_async

    def run(self) -> None:
        """Ask until told to stop."""
        self.journal.write(k="start", at=time.monotonic_ns(), life=self._prefix)
        threading.Thread(target=self._await_the_end, daemon=True).start()
        with ThreadPoolExecutor(self.plan.threads + self.plan.deciders) as pool:
            threads = [pool.submit(self._in_a_thread, n) for n in range(self.plan.threads)]
            threads += [pool.submit(self._decide_in_a_thread, n) for n in range(self.plan.deciders)]
            asyncio.run(self._in_a_loop())
            for thread in threads:
                thread.result()
        self.appender.close()
        self.recorder.close()
        self.whole.close()
        self.journal.write(k="end", at=time.monotonic_ns())

    def _await_the_end(self) -> None:
        sys.stdin.read()
        self.stopping.set()

    # --- asking ---------------------------------------------------------------------------------------------

    def _in_a_thread(self, number: int) -> None:
        asker = self._asker(f"thread-{number}")
        for question in self.left if number == 0 else ():
            self._until_answered(replace(question, expects=None))
        while not self.stopping.is_set():
            question = asker.next(time.monotonic_ns())
            answer = self._until_answered(question)
            if answer is not None:
                asker.learn(question, answer)
                self._look(asker, answer)

    def _until_answered(self, question: Question) -> Answer | None:
        while True:
            number = self._ask(question)
            try:
                answer = (
                    self._listed(question) if question.library else self.appender.append(question.append())
                )
            except Exception as error:  # noqa: BLE001 - the judge says whether it is true
                self._failed(number, error)
                if type(error).__name__ not in UNTIL_ANSWERED:
                    return None
            else:
                self._answered(number, answer)
                return answer

    async def _in_a_loop(self) -> None:
        appender = self.appender_async(self.senders())
        async with self.whole.tasks() as tasks:
            await asyncio.gather(
                *(self._in_a_task(appender, n) for n in range(self.plan.tasks)),
                *(self._decide_in_a_task(tasks, n) for n in range(self.plan.deciders)),
            )
        await appender.close()

    async def _in_a_task(self, appender: Any, number: int) -> None:
        asker = self._asker(f"task-{number}")
        while not self.stopping.is_set():
            question = asker.next(time.monotonic_ns())
            answer = await self._until_answered_in_a_loop(appender, question)
            if answer is not None:
                asker.learn(question, answer)

    async def _until_answered_in_a_loop(self, appender: Any, question: Question) -> Answer | None:
        while True:
            number = self._ask(question)
            try:
                answer: Answer = await appender.append(question.append())
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(number, error)
                if type(error).__name__ not in UNTIL_ANSWERED:
                    return None
            else:
                self._answered(number, answer)
                return answer

    # --- deciding -------------------------------------------------------------------------------------------

    def _decide_in_a_thread(self, number: int) -> None:
        decider = Decider(self.plan, f"decider-{number}/{self._prefix}")
        while not self.stopping.is_set():
            wish = decider.next(time.monotonic_ns())
            answer: Outcome | Exception | None = None
            while answer is None or type(answer).__name__ in deciders.UNTIL_ANSWERED:
                wished = self._wish(wish)
                try:
                    answer = self.whole.log.handle(*wish.arguments, expected_version=wish.expected)
                except Exception as error:  # noqa: BLE001 - the judge says whether it is true
                    answer = error
                self.journal.write(k="told", n=wished, **deciders.told(answer))
            decider.learn(wish, answer)

    async def _decide_in_a_task(self, tasks: EventLogAsync, number: int) -> None:
        decider = Decider(self.plan, f"task-decider-{number}/{self._prefix}")
        while not self.stopping.is_set():
            wish = decider.next(time.monotonic_ns())
            answer: Outcome | Exception | None = None
            while answer is None or type(answer).__name__ in deciders.UNTIL_ANSWERED:
                wished = self._wish(wish)
                try:
                    answer = await tasks.handle(*wish.arguments, expected_version=wish.expected)
                except Exception as error:  # noqa: BLE001 - as above
                    answer = error
                self.journal.write(k="told", n=wished, **deciders.told(answer))
            decider.learn(wish, answer)

    def _wish(self, wish: Wish) -> str:
        number = f"{self._prefix}/{next(self._numbers)}"
        self.journal.write(
            k="wish", n=number, at=time.monotonic_ns(), wall=time.time_ns() // 1000, **wish.line()
        )
        return number

    # --- looking --------------------------------------------------------------------------------------------

    def _listed(self, question: Question) -> Answer:
        """Ask through the library's interface, which lists positions."""
        positions = self.recorder.insert_events(question.append().events, command_id=question.command)
        if positions is None or list(positions) != list(range(positions[0], positions[0] + len(positions))):
            raise IntegrityError(f"positions {positions}")
        return Answer("listed", positions[0], question.events[-1][1], len(positions), None)

    def _look(self, asker: Asker, answer: Answer) -> None:
        """What is acknowledged can be read, by anybody, at once."""
        if answer.first_position is None or asker.random.randrange(LOOKS):
            return
        with suppress(LogUnreachableError):
            found = self.recorder.select_notifications(answer.first_position, answer.event_count)
            seen = len(found) == answer.event_count and found[0].id == answer.first_position
            self.journal.write(k="look", first=answer.first_position, count=answer.event_count, seen=seen)

    # --- writing down ---------------------------------------------------------------------------------------

    def _asker(self, name: str) -> Asker:
        return Asker(self.plan, f"{name}/{self._prefix}", started_ns=0)

    def _ask(self, question: Question) -> str:
        number = f"{self._prefix}/{next(self._numbers)}"
        self.journal.write(
            k="ask", n=number, at=time.monotonic_ns(), wall=time.time_ns() // 1000, **question.line()
        )
        return number

    def _answered(self, number: str, answer: Answer) -> None:
        at = time.monotonic_ns()
        self.journal.write(
            k="answer",
            n=number,
            at=at,
            outcome=answer.outcome,
            first=answer.first_position,
            version=answer.version,
            count=answer.event_count,
            recorded_at=answer.recorded_at.isoformat() if answer.recorded_at else None,
        )

    def _failed(self, number: str, error: Exception) -> None:
        at = time.monotonic_ns()
        event_id = getattr(error, "event_id", None)
        self.journal.write(
            k="answer",
            n=number,
            at=at,
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
