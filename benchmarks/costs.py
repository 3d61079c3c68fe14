"""Where an append's time goes: what its client and its server use, and the steps of a command.

All of it is processor time, not time by the clock: so a machine that does something else meanwhile changes it
little. Client and server run at the same time where there are several cores; what the clock shows besides is
waiting, most of it for the disk. Works on Linux, which tells what every process has used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time

import psycopg

from benchmarks.bare_insert import BareInsert
from benchmarks.contacts import contact, provenance, request
from benchmarks.ours import Ours
from benchmarks.program import Run, run
from benchmarks.recording import Recording, from_tasks, from_threads
from benchmarks.rounds import Contender, Done
from benchmarks.theirs import Theirs
from scp_events.event_log.appends import Append
from scp_events.event_log.calls import arguments_of
from scp_events.event_log.enveloping import Enveloped, envelope
from scp_events.history import decide_at_the_end

CALLERS = (1, 16)
REPEATED = 500
"""How often a step is done in a round."""
MICROSECONDS = 1e6


def compare(said: Run) -> Mapping[str, float | None]:
    """Measure what every side uses, then the steps of ours."""
    ours = said.closing(Ours(said.database(), said.keyring()))
    insert = said.closing(BareInsert(said.database(), ours.body()))
    library = said.closing(Theirs(said.database()))
    server = Server(said.server)
    for n in CALLERS:
        said.compare(
            {
                f"ours, {n} tasks": using(server, from_tasks(ours, n, said.seconds)),
                f"insert, {n} threads": using(server, from_threads(insert, n, said.seconds)),
                f"library, {n} threads": using(server, from_threads(library, n, said.seconds)),
            }
        )
    said.compare({f"step, {name}": alone(step) for name, step in steps(ours).items()})
    return {
        f"{whose}_{n}_vs_insert": said.ratio(
            f"ours, {n} tasks, {whose} us", f"insert, {n} threads, {whose} us"
        )
        for n in CALLERS
        for whose in ("client", "server")
    }


# --- what the sides use -------------------------------------------------------------------------------------


class Server:
    """The processes of a server on this machine, each of one thread."""

    def __init__(self, conninfo: str) -> None:
        with psycopg.connect(conninfo) as connection:
            self._first = self._parent_of(connection.info.backend_pid)

    def seconds(self) -> float:
        """Return how much processor time they have used; what has ended since counts no more."""
        processes = [place for place in Path("/proc").iterdir() if place.name.isdigit()]
        return sum(
            self._used_by(int(p.name)) for p in processes if self._parent_of(int(p.name)) == self._first
        )

    def _parent_of(self, pid: int) -> int | None:
        after_name = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return int(after_name[1]) if after_name else None

    def _used_by(self, pid: int) -> float:
        nanoseconds = _read(f"/proc/{pid}/schedstat").split()
        return int(nanoseconds[0]) / 1e9 if nanoseconds else 0.0


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return ""


def using(server: Server, recording: Recording) -> Contender:
    """Note what client and server use for each append."""

    def contender() -> Done:
        clients, servers = process_time(), server.seconds()
        done, check = recording()
        clients, servers = process_time() - clients, server.seconds() - servers
        check()
        used = {"client us": clients, "server us": servers}
        return Done(
            done.times,
            done.seconds,
            also={whose: seconds / done.times * MICROSECONDS for whose, seconds in used.items()},
        )

    return contender


# --- the steps of a command ---------------------------------------------------------------------------------


def steps(ours: Ours) -> dict[str, Callable[[], object]]:
    """Return what a command goes through in its caller's process, save for the waiting."""
    case = ours.open_case(length=10)
    handler, codec = ours.handler, ours.reader.codec
    sent = request(case, contact())
    asked = handler._asked(sent)  # noqa: SLF001 - the parts of a command are measured
    known = ours.wait_for(handler._remembered(asked))  # noqa: SLF001 - as above
    assert known is not None
    question = handler._question(asked, known)  # noqa: SLF001 - as above
    state, evidence = known.standing.state, known.evidence.facts
    [decided] = decide_at_the_end(question, state, evidence)
    enveloped = Enveloped(
        envelope(decided, asked.event_id, sent.provenance), decided.when, sent.stream, known.standing.version
    )
    append = Append(
        command_id=sent.provenance.command_id,
        fingerprint=b"",
        events=[enveloped.stored(codec)],
        condition=known.condition,
    )
    return {
        "say the command": lambda: (contact(), provenance()),
        "tell it from others": lambda: handler._fingerprint(sent, case),  # noqa: SLF001 - as above
        "put the question": lambda: handler._question(handler._asked(sent), known),  # noqa: SLF001 - as above
        "decide": lambda: decide_at_the_end(question, state, evidence),
        "put into an envelope": lambda: envelope(decided, asked.event_id, sent.provenance),
        "encrypt and encode": lambda: enveloped.stored(codec),
        "arguments of a call of 1": lambda: arguments_of([append]),
        "arguments of a call of 16": lambda: arguments_of([append] * 16),
        "evolve": lambda: sent.aggregate.evolve(state, decided.event),
    }


def alone(step: Callable[[], object]) -> Contender:
    """One step, over and over."""

    def contender() -> Done:
        began = process_time()
        for _ in range(REPEATED):
            step()
        used = process_time() - began
        return Done(REPEATED, used, also={"us": used / REPEATED * MICROSECONDS})

    return contender


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("costs", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
