"""Open a case of 10 to 500 events, to decide on it: ours against the plain library's repository.

`cold` is a process that remembers nothing of the case: everything is read, decoded and folded; what is
encrypted stays so, as no rule of an engagement rests on it. Otherwise it is as the program opens it: what it
remembers, brought up to date by one query; the library can do that too, with its cache, which by default is
off. `history` returns every event besides, in its envelope, and opened. Contacts have notes, which ours
encrypts; without notes next to nothing is.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from uuid import UUID

from benchmarks.callers import AsyncStep, Step, tasks, threads
from benchmarks.contacts import MINUTES, NOTE, contact, request
from benchmarks.ours import Ours
from benchmarks.plain_library import Case
from benchmarks.program import Run, run
from benchmarks.rounds import Contender
from benchmarks.theirs import Theirs
from scp_events.aggregates import engagement
from scp_events.event_log import CommandRequest
from scp_events.history import effective, state_of
from scp_events.vocabulary import CaseId

LENGTHS = (10, 69, 100, 500)
MANY = 16
"""Callers who open cases at the same time."""

Open = Callable[[UUID, int], None]
"""Opens a case, and checks that it has so many events."""
OpenInATask = Callable[[CommandRequest], Awaitable[int]]
"""Opens what a command is decided on, and returns where the stream stands."""


@dataclass(frozen=True)
class Kind:
    """Which cases are opened, and by how many callers at the same time."""

    length: int
    note: str | None = NOTE
    callers: int = 1

    def __str__(self) -> str:
        callers = f", {self.callers} callers" if self.callers > 1 else ""
        return f"{self.length} events{'' if self.note else ' without notes'}{callers}"


KINDS = (*map(Kind, LENGTHS), Kind(100, note=None), Kind(100, callers=MANY))


def compare(said: Run) -> Mapping[str, float | None]:
    """Open cases of every kind, in every way."""
    ours = said.closing(Ours(said.database(), said.keyring()))
    theirs = said.closing(Theirs(said.database()))
    caching = said.closing(Theirs(theirs.conninfo, cached=1000))
    for kind in KINDS:
        number = max(kind.callers, 2 if said.short else 8)
        our_cases, their_cases = recorded(ours, kind, number), recorded(theirs, kind, number)
        ways = {
            f"ours, {kind}, history": (history(ours), our_cases),
            f"library, {kind}": (repository(theirs), their_cases),
            f"library, {kind}, cached": (repository(caching), their_cases),
        }
        in_tasks = {f"ours, {kind}": ours.open_again, f"ours, {kind}, cold": ours.open_cold}
        said.compare(
            {
                name: opening_in_tasks(ours, open_, our_cases, kind, said.seconds)
                for name, open_ in in_tasks.items()
            }
            | {name: opening(*way, kind, said.seconds) for name, way in ways.items()}
        )
    return {name: ratio for named in _ratios(said) for name, ratio in named.items()}


def _ratios(said: Run) -> Iterator[dict[str, float | None]]:
    """Yield the ratios of every kind; `encrypted` are those with notes."""
    for kind in KINDS:
        name = f"open_{kind.length}{'_sealed' if kind.note else ''}"
        name += f"_{kind.callers}_callers" if kind.callers > 1 else ""
        ours, theirs = f"ours, {kind}", f"library, {kind}"
        yield {
            f"{name}_vs_library": said.ratio(ours, theirs),
            f"{name}_cold_vs_library": said.ratio(f"{ours}, cold", theirs),
            f"{name}_history_vs_library": said.ratio(f"{ours}, history", theirs),
            f"{name}_vs_library_cached": said.ratio(ours, f"{theirs}, cached"),
        }


def recorded(side: Ours | Theirs, kind: Kind, number: int) -> list[UUID]:
    """Record so many cases."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: side.open_case(kind.length, kind.note), range(number)))


def opening(open_: Open, cases: Sequence[UUID], kind: Kind, seconds: float) -> Contender:
    """Callers who open cases in turn, each its own."""

    def step(number: int) -> Step:
        own = cycle(cases[number :: kind.callers])
        return lambda: open_(next(own), kind.length)

    return lambda: threads([step(number) for number in range(kind.callers)], seconds)


def opening_in_tasks(
    ours: Ours, open_: OpenInATask, cases: Sequence[UUID], kind: Kind, seconds: float
) -> Contender:
    """The same, as tasks of an event loop."""

    def step(number: int) -> AsyncStep:
        own = cycle(cases[number :: kind.callers])

        async def again() -> None:
            assert await open_(request(CaseId(next(own)), contact())) == kind.length - 1

        return again

    return lambda: ours.wait_for(tasks([step(number) for number in range(kind.callers)], seconds))


# --- the ways to open ---------------------------------------------------------------------------------------


def history(ours: Ours) -> Open:
    """With its history, every event in its envelope."""

    def open_(case: UUID, length: int) -> None:
        recorded = ours.reader.case_history(CaseId(case))
        assert len(recorded) == length
        own = [each.fact for each in recorded if each.stream.category == "engagement"]
        assert len(state_of(engagement, effective(own)).contacts) == length - 2

    return open_


def repository(theirs: Theirs) -> Open:
    """From the library's repository."""

    def open_(case: UUID, length: int) -> None:
        loaded: Case = theirs.cases.repository.get(case)
        assert loaded.version == length
        assert loaded.held_minutes == (length - 1) * MINUTES

    return open_


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("opening", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
