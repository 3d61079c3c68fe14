"""Flat combining: commands of many threads that come together are decided and recorded by one for all.

Python lets one thread run at a time. Sixteen that each decide for themselves spend as much on waiting for
each other as on deciding; here one decides for half of them without a pause, and while its call is under
way another does so for the other half. A command that waits for something else, such as a stream that has to
be opened first, is decided by its own thread and recorded with the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias
from uuid import UUID

from scp_events.event_log.answers import BusyError, Outcome
from scp_events.event_log.appender import LARGEST
from scp_events.event_log.deciding import Question, Record, Request, Script
from scp_events.event_log.line import ROOM, NotAnsweredError, QueueFullError
from scp_events.event_log.sender import Sender
from scp_events.event_log.together import Together


class Step:
    """A script, and how it goes on, which it does once."""

    def __init__(self, script: Script[Outcome], go_on: Callable[[], Request]) -> None:
        """`go_on` returns what the script asks for next."""
        self.script = script
        self._go_on: Callable[[], Request] | None = go_on

    def taken(self) -> Reached | Exception:
        """Go on, and return what the script has come to, be it an exception."""
        go_on, self._go_on = self._go_on, None
        if go_on is None:  # who took it was interrupted; told again, the script would take it for an answer
            return NotAnsweredError("the call was broken off: ask again, what was recorded is found")
        try:
            return go_on()
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            return error


Reached: TypeAlias = Outcome | Request
"""What a script has come to, or what it asks for next."""


class Combining:
    """Decides and records for many threads, of which one at a time uses each of `senders`."""

    def __init__(
        self, senders: Sequence[Sender], reply: Callable[[Question], object], *, room: int = ROOM
    ) -> None:
        """`reply` answers what a script asks; its own thread calls it. `room` says how many may wait."""
        self._senders = senders
        self._reply = reply
        self._together = Together[Step, Reached](
            [partial(_take, sender) for sender in senders], largest=LARGEST, room=room
        )

    def close(self) -> None:
        """Answer those who wait, and give the connections back."""
        self._together.close()
        for sender in self._senders:
            sender.close()

    def play(self, script: Script[Outcome], *, is_ready: bool) -> Outcome:
        """Return what a script comes to, or raise it. Raises `BusyError` where too many wait.

        One that `is_ready` is likely to ask for nothing but to be recorded. Any other is decided by its own
        thread, which gets what it asks for, and waits with the others only to be recorded.
        """
        step = Step(script, partial(next, script))
        reached = self._together_with_others(step) if is_ready else _own(step.taken())
        while not isinstance(reached, Outcome):
            if isinstance(reached, Record):
                reached = self._together_with_others(Step(script, _asking(reached)))
            else:
                reached = _own(Step(script, self._with_what_it_asked(script, reached)).taken())
        return reached

    def _together_with_others(self, step: Step) -> Reached:
        try:
            return self._together.ask(step)
        except QueueFullError as full:
            raise BusyError(str(full)) from full

    def _with_what_it_asked(self, script: Script[Outcome], question: Question) -> Callable[[], Request]:
        try:
            return partial(script.send, self._reply(question))
        except Exception as error:  # noqa: BLE001 - the script may know what to do
            return partial(script.throw, error)


def _take(sender: Sender, steps: Sequence[Step]) -> list[Reached | Exception]:
    """Let each script go on, and record with one call what they ask to have recorded."""
    reached = [step.taken() for step in steps]
    records = _of_different_commands(reached)
    answers = sender.send([record.append for record in records.values()]) if records else []
    for number, answer in zip(records, answers, strict=True):
        script = steps[number].script
        tell = script.throw if isinstance(answer, Exception) else script.send
        reached[number] = Step(script, partial(tell, answer)).taken()
    return reached


def _asking(record: Record) -> Callable[[], Request]:
    """Return how a script goes on that has asked already."""
    return lambda: record


def _own(reached: Reached | Exception) -> Reached:
    if isinstance(reached, Exception):
        raise reached
    return reached


def _of_different_commands(reached: Sequence[Reached | Exception]) -> dict[int, Record]:
    """Return what to record, by its number; of each command once, or it would conflict with itself."""
    first: dict[UUID, tuple[int, Record]] = {}
    for number, each in enumerate(reached):
        if isinstance(each, Record):
            first.setdefault(each.append.command_id, (number, each))
    return dict(first.values())
