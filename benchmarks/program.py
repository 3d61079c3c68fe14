"""What every benchmark is run by: its command line, its server, and the line of JSON it ends with."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import psycopg

from benchmarks.rounds import Contender, Rounds
from benchmarks.servers import database, server


class Closing(Protocol):
    """Something to be closed."""

    def close(self) -> None:
        """Give back what was opened."""


T = TypeVar("T", bound=Closing)

SEED = 20260101
QUIET = 0.5
"""The load below which a machine does little else."""
PACKAGES = ("eventsourcing", "psycopg", "pydantic")


@dataclass
class Run:
    """One run of a benchmark."""

    server: str
    opened: ExitStack
    """What is opened here is closed when the run ends, last opened first."""
    short: bool = True
    seconds: float = 0.2
    """How long each side works in a round."""
    number_of_rounds: int = 3
    rounds: Rounds = field(default_factory=Rounds)
    not_run: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    """Of what took part that is not one of our packages."""
    facts: dict[str, float] = field(default_factory=dict)
    """What was seen besides; the name says the unit."""

    def place(self) -> Path:
        """Return a directory for files."""
        return Path(self.opened.enter_context(TemporaryDirectory(prefix="scp-bench-")))

    def keyring(self) -> str:
        """Return where a keyring may be made."""
        return str(self.place() / "keyring")

    def database(self) -> str:
        """Return how to connect to a database of its own."""
        return self.opened.enter_context(database(self.server))

    def closing(self, thing: T) -> T:
        """Close it when the run ends."""
        self.opened.callback(thing.close)
        return thing

    @contextmanager
    def part(self) -> Iterator[Run]:
        """Yield the same run; what it opens is closed when the part ends."""
        with ExitStack() as opened:
            yield replace(self, opened=opened)

    def compare(self, contenders: Mapping[str, Contender]) -> None:
        """Measure contenders in interleaved rounds."""
        self.rounds.compare(contenders, self.number_of_rounds)

    def ratio(self, name: str, other: str) -> float | None:
        """Return how one contender compares with another; None where one of them was not run."""
        if {name, other} <= set(self.rounds.measured):
            return self.rounds.ratio(name, other)
        return None


Compare = Callable[[Run], Mapping[str, float | None]]
"""Measures, and returns the ratios by name."""


def run(benchmark: str, doc: str | None, compare: Compare, arguments: list[str]) -> int:
    """Run a benchmark and print its line of JSON."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=["json"], default="json")
    parser.add_argument("--short", action="store_true", help="fewer and shorter rounds, under a minute")
    short = parser.parse_args(arguments).short
    load = os.getloadavg()[0]
    if load > QUIET:
        sys.stderr.write(
            f"the load is {load:.1f}: a side with few processes gets too little of a busy machine\n"
        )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that whoever stops us stops the server too
    with ExitStack() as opened:
        said = Run(opened.enter_context(server()), opened)
        if not short:
            said.short, said.seconds, said.number_of_rounds = False, 2.0, 7
        ratios = compare(said)
        line = {
            "benchmark": benchmark,
            "seed": SEED,
            "short": short,
            "versions": _versions(said.server) | said.versions,
            "machine": _machine(said.server) | {"load_before": round(load, 1)},
            "rounds": min(map(len, said.rounds.measured.values())),
            "medians": {name: _rounded(said.rounds.median(name)) for name in said.rounds.measured},
            "quartiles": {name: _quartiles(values) for name, values in said.rounds.measured.items()},
            "ratios": {name: _rounded(ratio) for name, ratio in ratios.items()},
            "facts": {name: _rounded(fact) for name, fact in said.facts.items()},
            "not_run": said.not_run,
        }
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


def _versions(conninfo: str) -> dict[str, str]:
    """Return what was measured with."""
    packages = {package: version(package) for package in PACKAGES}
    return packages | {
        "python": platform.python_version(),
        "postgresql": _setting(conninfo, "server_version"),
    }


def _machine(conninfo: str) -> dict[str, Any]:
    """Return what the figures depend on most, in general terms."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": platform.system(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        **{name: _setting(conninfo, name) for name in ("fsync", "synchronous_commit", "shared_buffers")},
    }


def _setting(conninfo: str, name: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def _quartiles(values: list[float]) -> list[float | None]:
    several = values if len(values) > 1 else values * 2
    low, _, high = statistics.quantiles(several, n=4, method="inclusive")
    return [_rounded(low), _rounded(high)]


def _rounded(value: float | None) -> float | None:
    """Three digits are more than can be trusted."""
    return None if value is None else float(f"{value:.3g}") if abs(value) < 1000 else round(value)  # noqa: PLR2004 - three digits
