"""Small faults put in the place of the real thing, each of which somebody might build. All must be caught.

Those of the server function are the real function with a few lines changed, so that they stay as good as it
is in all else. A line that is no longer there fails the test that asks for it, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any
from uuid import uuid5

import psycopg

from scp_events.database.connection import ConnectionLostError
from scp_events.event_log import CommandHandler, LogUnwritableError, Outcome
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.group_commit import GroupCommit, Send
from scp_events.event_log.listener import Listener
from scp_events.event_log.sending import Answers, Sender
from scp_events.history import Decided, decide_at_the_end
from tests.event_log.oracle.parts import PAGE, Parts, Row, Tail

Edit = tuple[str, str]
"""What a piece of the function looks like, as a regular expression, and what it becomes."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A fault: in a part, or in the server function. `breaks` says which laws: one of them must be found
    broken.
    """

    said: str
    breaks: tuple[str, ...]
    parts: Callable[[], Parts] = Parts
    edits: Sequence[Edit] = ()
    lone: bool = False
    """Whether it is the function for a lone append that is edited."""
    before: str = ""
    plan: dict[str, object] = field(default_factory=dict)
    """What brings it out soonest."""

    def inject(self, conninfo: str) -> None:
        """Replace the server function in this database, if it is the one."""
        if self.edits:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute(self.before.encode())
                for function in self.functions():
                    connection.execute(function.encode())

    def functions(self) -> list[str]:
        """Return the mutated functions. Raises `AssertionError` where a piece to change is not there.

        Where it is the general one, a lone append goes by it too, so that there is one way to number events.
        """
        if self.lone:
            return [_edited("append_one", self.edits)]
        return [_edited("append", self.edits), _edited("append_one", [BY_THE_GENERAL_ONE])]


def _edited(name: str, edits: Sequence[Edit]) -> str:
    text = "".join(
        each.read_text(encoding="utf-8")
        for each in resources.files("scp_events.event_log.migrations").iterdir()
        if each.name.endswith(".sql")
    )
    found = re.search(rf"CREATE (FUNCTION event_log\.{name}\(.*?\nEND \$\$;)", text, re.DOTALL)
    assert found, f"a migration makes event_log.{name}"
    function = found[1]
    for piece, becomes in edits:
        function, times = re.subn(piece, becomes, function, flags=re.DOTALL)
        assert times, f"event_log.{name} no longer has {piece!r}"
    return "CREATE OR REPLACE " + function


def parts_of(name: str) -> Parts:
    """Return what a run with this mutant is played with; without a name, the real things."""
    return MUTANTS[name].parts() if name else Parts()


# --- the server functions ---------------------------------------------------------------------------------

TAKE_ROOM = r"UPDATE event_log\.head h.*?append\.contended;"
LOOK_UP = r"    FOR one IN\n        SELECT sent\.n.*?END LOOP;\n"
GIVE_BACK = r"UPDATE event_log\.head AS h\n        SET position = last.*?WHERE the_only;"
KNOW_COMMANDS = r"(INSERT INTO event_log\.commands .*?);"
FIRSTS = r"\n    firsts := ARRAY.*?;"
NO_CASE_TWICE = r"    IF \(SELECT count.*?END IF;\n"
EVIDENCE_MOVED = r"outcomes\[one\.append\] := 'evidence-moved';"

BY_THE_GENERAL_ONE = (r"BEGIN\n    UPDATE.*?-- nothing was recorded there\n", "BEGIN\n")
LOOK_UP_LONE = r"\n       AND NOT EXISTS \(SELECT FROM event_log\.commands.*?\)\n"
EVIDENCE_LONE = r"\n       AND NOT EXISTS \(SELECT FROM event_log\.events.*?','\)\)\)\n"

NUMBERS = """
    CREATE SEQUENCE event_log.numbers;
"""
FROM_A_SEQUENCE = """
    PERFORM pg_advisory_lock(4711);
    last := nextval('event_log.numbers') - 1;
    PERFORM setval('event_log.numbers', last + cardinality(types));
    PERFORM pg_advisory_unlock(4711);
    append.recorded_at := clock_timestamp();
"""
FROM_WHAT_IS_SEEN = """
    last := (SELECT coalesce(max(e.position), 0) FROM event_log.events e);
    append.recorded_at := clock_timestamp();
"""
NOT_YET = r"\n    firsts := array_fill(NULL::bigint, ARRAY[cardinality(command_ids)]);"
NOW = r"""
    firsts := ARRAY(SELECT coalesce(firsts[own.n], last + 1 + own.start)
                    FROM unnest(starts) WITH ORDINALITY AS own (start, n) ORDER BY n);"""

# --- senders and group commit -----------------------------------------------------------------------------


class BeforeTheCommit(Sender):
    """Answers as soon as the server has; commits when it is next asked something."""

    async def send(self, appends: Sequence[Append]) -> Answers:
        self._now(b"COMMIT", b"BEGIN")
        return await super().send(appends)

    def close(self) -> None:
        self._now(b"COMMIT")
        super().close()

    def _now(self, *commands: bytes) -> None:
        connected = self._connection._connected  # noqa: SLF001 - a mutant is made of its parts
        if connected is not None and not connected.closed:
            for command in commands:
                connected.pgconn.exec_(command)


def by_one_sender(senders: Sequence[Send]) -> GroupCommit:
    """Append over one connection only."""
    return GroupCommit(senders[:1])


class LostMeansNothingHappened(Sender):
    """Takes a broken connection for a proof that nothing was recorded."""

    async def _call(self, appends: Sequence[Append], deadline: float) -> list[Answer]:
        try:
            return await super()._call(appends, deadline)
        except ConnectionLostError as lost:
            if not lost.asked:
                raise
            return [LogUnwritableError("the connection broke") for _ in appends]  # type: ignore[misc]  # the fault


class StreamByStream(Sender):
    """Tells an append for several streams as one for each."""

    async def send(self, appends: Sequence[Append]) -> Answers:
        return [await self._one_by_one(append) for append in appends]

    async def _one_by_one(self, append: Append) -> Answer | Exception:
        said: Answer | Exception | None = None
        for stream in dict.fromkeys(event.stream for event in append.events):
            part = Append(
                command_id=append.command_id if said is None else uuid5(append.command_id, str(stream.id)),
                fingerprint=append.fingerprint,
                events=[event for event in append.events if event.stream == stream],
                condition=append.condition,
            )
            (answer,) = await super().send([part])
            said = said or answer
        assert said is not None
        return said


class AllTogether(GroupCommit):
    """Lets appends that touch the same go with one call."""

    def _take(self) -> list[Any]:
        for waiting in self._waiting:
            waiting.touches.clear()
        return super()._take()


# --- readers ----------------------------------------------------------------------------------------------


class LateListener(Listener):
    """Lets its reader pull first and listens then, so that what comes in between wakes nobody."""

    def wait(self, seconds: float) -> None:
        if self._connection is None and not getattr(self, "_pulled", False):
            self._pulled = True
            return
        if self._connection is None:
            super().wait(seconds)
        super().wait(seconds)


class ByTime(Tail):
    """Goes by the time of recording instead of the position."""

    def pull(self, connection: psycopg.Connection[object]) -> list[Row]:
        rows = connection.execute(
            "SELECT position, stream_id, version FROM event_log.events WHERE recorded_at >"
            " coalesce((SELECT recorded_at FROM event_log.events WHERE position = %s), 'epoch')"
            " ORDER BY recorded_at, position LIMIT %s",
            (self._after, PAGE),
        ).fetchall()
        return self._taken(rows)


class BehindTheOldest(Tail):
    """Goes no further than the oldest transaction that is still open, so as to miss nothing."""

    def pull(self, connection: psycopg.Connection[object]) -> list[Row]:
        rows = connection.execute(
            "SELECT position, stream_id, version FROM event_log.events WHERE position > %s"
            " AND xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " ORDER BY position LIMIT %s",
            (self._after, PAGE),
        ).fetchall()
        return self._taken(rows)


# --- deciding ---------------------------------------------------------------------------------------------


def believe_what_is_remembered() -> None:
    """Let a command be refused, or found to be so already, on what this process remembers."""

    async def on_what_is_remembered(handler: Any, asked: Any) -> Outcome | None:
        known = await handler._remembered(asked)  # noqa: SLF001 - a mutant is made of its parts
        if known is None:
            return None
        question = handler._question(asked, known)  # noqa: SLF001 - as above
        decided = decide_at_the_end(question, known.standing.state, known.evidence.facts)
        if decided:
            outcome: Outcome = await handler._record(asked, known, decided)  # noqa: SLF001 - as above
            return outcome
        return Outcome(
            stream=asked.request.stream,
            version=known.standing.version,
            event_ids=(),
            first_position=None,
            recorded_at=None,
        )

    CommandHandler._on_what_is_remembered = on_what_is_remembered  # type: ignore[method-assign]  # noqa: SLF001 - as above


def remember_what_was_meant() -> None:
    """Let a process remember what it is about to record, whether it then is recorded or not."""
    record = CommandHandler._record  # noqa: SLF001 - as above

    async def recording(handler: Any, asked: Any, known: Any, decided: Sequence[Decided]) -> Outcome:
        standing = known.standing
        state = standing.state
        for each in decided:
            state = asked.request.aggregate.evolve(state, each.event)
        meant = standing._replace(state=state, version=standing.version + len(decided))
        handler._memory.put(asked.request.stream, meant)  # noqa: SLF001 - as above
        outcome = await record(handler, asked, known, decided)
        handler._memory.put(asked.request.stream, meant)  # noqa: SLF001 - as above
        return outcome

    CommandHandler._record = recording  # type: ignore[method-assign]  # noqa: SLF001 - as above


ANSWERS = ("answers-true",)
DECISIONS = ("decisions-true",)
READERS = ("readers-saw-all",)
UNMOVED: dict[str, object] = {"moves": False}
BRIEF: dict[str, object] = {"patience": 5.0}
DECIDING: dict[str, object] = {"tasks": 1, "deciders": 8}

MUTANTS: dict[str, Mutant] = {
    "sequence": Mutant(
        said="positions come from a sequence, not from the row that is locked",
        breaks=READERS,
        before=NUMBERS,
        edits=[(TAKE_ROOM, FROM_A_SEQUENCE), (GIVE_BACK, "NULL;")],
        plan=UNMOVED | BRIEF,
    ),
    "max-plus-one": Mutant(
        said="positions are one more than the last that is seen, without a lock",
        breaks=ANSWERS,
        edits=[(TAKE_ROOM, FROM_WHAT_IS_SEEN), (GIVE_BACK, "NULL;")],
        plan=BRIEF,
    ),
    "looked-before-the-lock": Mutant(
        said="commands and versions are compared before the lock is taken",
        breaks=ANSWERS + DECISIONS,
        edits=[
            (
                rf"({TAKE_ROOM})(\n    outcomes := .*?;){FIRSTS}(.*?)(    IF NOT 'recorded')",
                rf"\2{NOT_YET}\3\n    PERFORM pg_sleep(0.003);\n    \1{NOW}\n\4",  # so that it shows soon
            ),
        ],
        plan=BRIEF | {"seconds": 4.0},
    ),
    "blind-retry": Mutant(
        said="a command that is asked again is not looked up",
        breaks=ANSWERS,
        edits=[(LOOK_UP, ""), (KNOW_COMMANDS, r"\1 ON CONFLICT DO NOTHING;")],
        plan=BRIEF,
    ),
    "lone-blind-retry": Mutant(
        said="a lone command that is asked again is not looked up",
        breaks=ANSWERS,
        edits=[(LOOK_UP_LONE, "\n"), (KNOW_COMMANDS, r"\1 ON CONFLICT DO NOTHING;")],
        lone=True,
        plan=BRIEF | {"tasks": 1},
    ),
    "before-the-commit": Mutant(
        said="callers are answered before the commit",
        breaks=("readable-at-once",),
        parts=lambda: Parts(sender=BeforeTheCommit, commit=by_one_sender),  # another would wait for it
        plan=BRIEF | {"deciders": 0, "tasks": 1, "writers": 1, "seconds": 4.0},
    ),
    "lost-means-nothing": Mutant(
        said="a broken connection is told as nothing recorded",
        breaks=ANSWERS,
        parts=lambda: Parts(sender=LostMeansNothingHappened),
        plan=BRIEF | {"pause": 0.05},
    ),
    "stream-by-stream": Mutant(
        said="an append for several streams is told as several",
        breaks=("appends-whole",),
        parts=lambda: Parts(sender=StreamByStream),
        plan=BRIEF,
    ),
    "all-together": Mutant(
        said="appends that bear on each other go with one call, and the server takes it",
        breaks=ANSWERS,
        parts=lambda: Parts(commit=AllTogether),
        edits=[(NO_CASE_TWICE, "")],
        plan=BRIEF | {"tasks": 24, "writers": 1},
    ),
    "evidence-overlooked": Mutant(
        said="what has come to a case since is not looked for",
        breaks=ANSWERS,
        edits=[(EVIDENCE_MOVED, "NULL;")],
        plan=BRIEF,
    ),
    "lone-evidence-overlooked": Mutant(
        said="what has come to a case since is not looked for by a lone append",
        breaks=ANSWERS,
        edits=[(EVIDENCE_LONE, "\n")],
        lone=True,
        plan=BRIEF | {"tasks": 1},
    ),
    "late-listener": Mutant(
        said="a reader listens after its first pull",
        breaks=READERS,
        parts=lambda: Parts(listener=LateListener),
        plan={"patience": 1.0},
    ),
    "by-time": Mutant(
        said="a reader goes by the time of recording",
        breaks=READERS,
        parts=lambda: Parts(tail=ByTime),
        plan=BRIEF,
    ),
    "behind-the-oldest": Mutant(
        said="a reader stays behind the oldest open transaction",
        breaks=READERS,
        parts=lambda: Parts(tail=BehindTheOldest),
        plan=BRIEF,
    ),
    "believes-its-memory": Mutant(
        said="a command is refused on what the process remembers",
        breaks=DECISIONS,
        parts=lambda: Parts(patch=believe_what_is_remembered),
        plan=BRIEF | DECIDING | {"seconds": 8.0, "writers": 3},
    ),
    "remembers-what-was-meant": Mutant(
        said="a process remembers what it wanted to record, and was not recorded",
        breaks=DECISIONS,
        parts=lambda: Parts(patch=remember_what_was_meant),
        plan=BRIEF | DECIDING | {"seconds": 8.0, "writers": 3},
    ),
}
