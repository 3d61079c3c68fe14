"""Draws docs/BENCHMARKS.md and its charts from the results in benchmarks/results/.

python docs/draw_benchmarks.py          write the charts, and the drawn parts of the page
python docs/draw_benchmarks.py --check  fail where they are stale
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charts import Dot, Line, dots, lines
from drawings import with_drawings, write_or_check

DOCS = Path(__file__).parent
RESULTS = DOCS.parent / "benchmarks" / "results"
CHARTS = DOCS / "benchmarks"
PAGE = DOCS / "BENCHMARKS.md"
NOT_YET = "Not measured yet."

OURS, ALSO_OURS, STILL_OURS = "#0b6e4f", "#4fa37f", "#8fbf6f"
INSERT, PGBENCH = "#8a5a00", "#5b5f97"
LIBRARY, ALSO_LIBRARY = "#b3261e", "#e07a5f"
OTHER = "#7a8691"
BY_SIDE = {"ours": OURS, "insert": INSERT, "pgbench": PGBENCH, "library": LIBRARY}

PEERS = {"umadb": "UmaDB", "message_db": "Message DB", "emmett": "Emmett"}


@dataclass(frozen=True)
class Result:
    """What one benchmark printed."""

    said: Mapping[str, Any]

    def value(self, name: str) -> float:
        """Return a median."""
        return float(self.said["medians"][name])

    def dot(self, name: str, label: str | None = None) -> Dot:
        """Return a median with its quartiles, to be drawn."""
        low, high = self.said["quartiles"][name]
        side = name.partition(",")[0].partition(" ")[0]
        return Dot(label or name, self.value(name), low, high, BY_SIDE.get(side, OTHER))

    def line(self, label: str, name: str, places: Iterable[int], colour: str) -> list[Line]:
        """Return the medians at several places, to be drawn; nothing where they were not measured."""
        names = [name.format(place) for place in places]
        if not all(map(self.has, names)):
            return []
        return [Line(label, [self.value(each) for each in names], colour)]

    def has(self, name: str) -> bool:
        """Whether something of this name was measured."""
        return name in self.said["medians"]


@dataclass(frozen=True)
class Target:
    """What a ratio is wanted to be."""

    ratio: str
    what: str
    wanted: float
    wanted_is: str = "at least"

    def met(self, ratio: float) -> bool:
        """Whether it is so."""
        return ratio <= self.wanted if self.wanted_is == "at most" else ratio >= self.wanted


TARGETS = (
    Target("append_1_vs_library", "appends of a lone caller, against the library", 2.5),
    Target("append_16_asyncio_vs_library", "appends from 16 tasks, against 16 threads of the library", 10),
    Target("append_16_asyncio_vs_insert", "appends from 16 tasks, against 16 threads of a bare INSERT", 1.2),
    Target("append_16_vs_umadb", "appends from 16 tasks, against UmaDB", 1),
    Target("append_16_vs_message_db", "appends from 16 tasks, against Message DB", 1),
    Target("append_16_vs_message_db_apart", "the same with a category for each of its callers", 1),
    Target("append_16_vs_emmett", "appends from 16 tasks, against Emmett", 1),
    Target("append_16_asyncio_vs_pgbench", "appends from 16 tasks, against pgbench's INSERT", 0.5),
    Target(
        "append_16_asyncio_p99_vs_library",
        "99th percentile of 16 tasks' waits, against theirs",
        0.2,
        "at most",
    ),
    Target("append_16_1ms_vs_library", "appends from 16 tasks over 1 ms more of round trip", 30),
    Target("http_vs_library", "commands over HTTP, against the library behind them", 6),
    Target("http_vs_no_store", "commands over HTTP, against no store behind them", 0.6),
    Target("http_decision_vs_library", "decisions over HTTP, each on a case of its own, against theirs", 6),
    Target("lag_p99_vs_library", "99th percentile from a commit to a reader, against theirs", 1, "at most"),
    Target("open_100_vs_library", "opening a case of 100 events, against the library's repository", 6),
    Target("open_100_cold_vs_library", "the same where nothing is remembered", 1),
    Target("open_100_sealed_vs_library", "the same with encrypted fields", 4),
    Target("seal_vs_append", "events taken into the ledger's tree, against events appended", 1.2),
    Target("verify_vs_fetch", "events verified, against the same rows merely fetched", 0.33),
    Target("growth_append", "appends to the largest log, against ten thousand events", 0.85),
    Target("growth_open", "opening in the largest log, against ten thousand events", 0.85),
    Target("import_growth", "rows a second of 200,000 imported rows, against 20,000", 0.9),
    Target("import_again_vs_first", "the same import again, against the first time", 1),
    Target("import_dry_vs_first", "a dry run, against the import", 1),
)


def main(arguments: list[str]) -> int:
    """Write what is drawn, or say what is stale."""
    return write_or_check(drawn(), arguments, "docs/draw_benchmarks.py")


def drawn() -> dict[Path, str]:
    """Return the text of every chart, and of the page."""
    results = {
        path.stem: Result(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(RESULTS.glob("*.json"))
    }
    charts = {
        CHARTS / f"{name}.svg": draw(results[of]) for name, (of, draw) in DRAWN.items() if of in results
    }
    parts = {"machine": machine(results.values()), "targets": targets(results.values())}
    words = {name: say(results[of]) if of in results else NOT_YET for name, (of, say) in SAID.items()}
    return charts | {PAGE: with_drawings(PAGE, parts | words)}


# --- words and tables ---------------------------------------------------------------------------------------


def machine(results: Iterable[Result]) -> str:
    """Say what all of it was measured on."""
    said = [result.said for result in results]
    if not said:
        return NOT_YET
    on, versions = said[0]["machine"], _versions(said)
    loads = ", ".join(f"{each['machine']['load_before']:g}" for each in said)
    return (
        f"{on['system']}, {on['cores']} cores, {on['memory_gb']} GB of memory, a solid-state disk.\n"
        f"PostgreSQL {versions['postgresql']} on the same machine as its clients, with fsync {on['fsync']},\n"
        f"synchronous_commit {on['synchronous_commit']} and {on['shared_buffers']} of shared buffers.\n"
        f"Python {versions['python']}, psycopg {versions['psycopg']}, pydantic {versions['pydantic']},\n"
        f"eventsourcing {versions['eventsourcing']}{_peers(versions)}."
        f" Load of the machine before each benchmark: {loads}."
    )


def _versions(said: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {name: version for each in said for name, version in each["versions"].items()}


def _peers(versions: Mapping[str, str]) -> str:
    return "".join(f", {name} {versions[key]}" for key, name in PEERS.items() if key in versions)


def targets(results: Iterable[Result]) -> str:
    """Return the table of what is wanted and what was measured."""
    ratios = {name: ratio for result in results for name, ratio in result.said["ratios"].items()}
    rows = ["| | ratio | wanted | measured | |", "|---|---|---|---|---|"]
    for target in TARGETS:
        measured = _measured(target, ratios.get(target.ratio))
        wanted = f"{target.wanted_is} {target.wanted:g}"
        rows.append(f"| {target.what} | `{target.ratio}` | {wanted} | {measured} |")
    return "\n".join(rows)


def _measured(target: Target, ratio: float | None) -> str:
    if ratio is None:
        return "not measured | "
    return f"{ratio:g} | {'met' if target.met(ratio) else '**not met**'}"


def table(result: Result) -> str:
    """Return every rate with its middle half, and how long one took where that was looked at."""
    rows = ["| | per second | middle half of the rounds | p50 ms | p99 ms |", "|---|---:|---:|---:|---:|"]
    for name in sorted(result.said["medians"], key=_in_order):
        if not name.endswith((" ms", " us")):
            low, high = result.said["quartiles"][name]
            rate = f"{result.value(name):,.0f} | {low:,.0f} to {high:,.0f}"
            rows.append(f"| {name} | {rate} | {_wait(result, name, 'p50')} | {_wait(result, name, 'p99')} |")
    return "\n".join(rows)


def followed(result: Result) -> str:
    """Say how long a reader followed, and what it missed."""
    seen = result.said["facts"]
    return (
        f"In {seen['followed_seconds']:.0f} seconds 16 writers recorded {seen['followed_events']:,.0f}"
        f" events, {seen['followed_per_second']:,.0f} a second.\n"
        f"The reader got every one, in order, 99 of 100 within {seen['followed_p99_ms']:g} ms;"
        f" it missed {seen['missed_events']:.0f}."
    )


def facts(result: Result) -> str:
    """Return the table of what was seen besides."""
    rows = ["| | |", "|---|---:|"]
    rows += [f"| {name.replace('_', ' ')} | {fact:g} |" for name, fact in result.said["facts"].items()]
    return "\n".join(rows)


def imports(result: Result) -> str:
    """Return the table of imports: rows a second, by the clock and by processor time, and memory."""
    rows = ["| | rows a second | of its processor time | most memory, MB |", "|---|---:|---:|---:|"]
    ending = ", rows/CPU s"
    for name in sorted(result.said["medians"], key=_in_order):
        if name.endswith(ending):
            how = name.removesuffix(ending)
            figures = (result.value(each) for each in (how, name, f"{how}, peak MB"))
            rows.append(f"| {how} | {' | '.join(f'{figure:,.0f}' for figure in figures)} |")
    return "\n".join(rows)


def costs(result: Result) -> str:
    """Return the table of what the sides use, and of what the steps of a command use."""
    used = [
        name.removesuffix(", client us") for name in result.said["medians"] if name.endswith(", client us")
    ]
    steps = [name.removesuffix(", us") for name in result.said["medians"] if name.endswith(", us")]
    rows = ["| processor time of an append, in microseconds | client | server |", "|---|---:|---:|"]
    for name in sorted(used, key=_in_order):
        client, server = (result.value(f"{name}, {whose} us") for whose in ("client", "server"))
        rows.append(f"| {name} | {client:,.0f} | {server:,.0f} |")
    rows += ["", "| step of a command in its caller's process | microseconds |", "|---|---:|"]
    rows += [f"| {name.removeprefix('step, ')} | {result.value(f'{name}, us'):.1f} |" for name in steps]
    return "\n".join(rows)


def _in_order(name: str) -> list[tuple[int, str]]:
    """Names by their words, and by the size of their numbers."""
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _wait(result: Result, name: str, part: str) -> str:
    waited = f"{name} {part} ms"
    return f"{result.value(waited):g}" if result.has(waited) else ""


# --- charts -------------------------------------------------------------------------------------------------

CALLERS = (1, 4, 8, 16, 64)
LENGTHS = (10, 69, 100, 500)
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)


def append(result: Result) -> str:
    """Draw rates by the number of callers."""
    return lines(
        "Appends, by the number of callers",
        "Lines for ours, a bare INSERT and the plain library, from 1 to 64 callers.",
        [f"{n}" for n in CALLERS],
        [
            *result.line("ours, asyncio", "ours, {} tasks", CALLERS, OURS),
            *result.line("INSERT, threads", "insert, {} threads", CALLERS, INSERT),
            *result.line("INSERT, pgbench", "pgbench, {} clients", CALLERS, PGBENCH),
            *result.line("library, threads", "library, {} threads", CALLERS, LIBRARY),
        ],
        unit="appends a second",
    )


def waits(result: Result) -> str:
    """Draw how long 16 callers wait."""
    names = ("ours, 16 tasks", "insert, 16 threads", "library, 16 threads")
    return dots(
        "How long an append takes with 16 callers",
        "Median and 99th percentile for each side, in milliseconds.",
        [result.dot(f"{name} {p} ms", f"{name}, {p}") for name in names for p in ("p50", "p99")],
        unit="milliseconds",
    )


def far(result: Result) -> str:
    """Draw two processes, and the slower wire."""
    sides = ("ours", "insert", "library")
    return dots(
        "16 callers in two processes, and over 1 ms more of round trip",
        "Appends a second of ours, a bare INSERT and the plain library.",
        [result.dot(f"{side}, {how}") for how in ("2x8 processes", "slow wire") for side in sides],
        unit="appends a second",
    )


def http(result: Result) -> str:
    """Draw commands over HTTP."""
    return dots(
        "Commands over HTTP, 16 connections",
        "Requests a second with nothing, our log, and the plain library behind the same endpoint.",
        [
            result.dot("nothing", "no store"),
            result.dot("ours", "our log"),
            result.dot("library", "the plain library"),
        ],
        unit="requests a second",
    )


def lag(result: Result) -> str:
    """Draw how long an event is on its way to a reader."""
    names = ("ours, 500/s", "library, 500/s", "ours, 5000/s", "library, 5000/s")
    return dots(
        "From the commit to a reader in another process",
        "Median and 99th percentile at 500 appends a second, and where 5,000 a second were asked for.",
        [result.dot(f"{name} {p} ms", f"{name} asked, {p}") for name in names for p in ("p50", "p99")],
        unit="milliseconds",
    )


def opening(result: Result) -> str:
    """Draw how often cases are opened, by their length."""
    return lines(
        "Opening a case, by the number of its events",
        "Lines for ours, remembered, cold and with history, and for the library with and without its cache.",
        [f"{n}" for n in LENGTHS],
        [
            *result.line("ours, remembered", "ours, {} events", LENGTHS, OURS),
            *result.line("ours, cold", "ours, {} events, cold", LENGTHS, ALSO_OURS),
            *result.line("ours, with history", "ours, {} events, history", LENGTHS, STILL_OURS),
            *result.line("library, cache on", "library, {} events, cached", LENGTHS, ALSO_LIBRARY),
            *result.line("library", "library, {} events", LENGTHS, LIBRARY),
        ],
        unit="cases opened a second, by one caller",
    )


def growth(result: Result) -> str:
    """Draw rates by the size of the log."""
    sizes = [size for size in SIZES if result.has(f"append, {size} events")]
    return lines(
        "Rates, by the number of events in the log",
        "Appends from 16 tasks and cases opened by one caller, from ten thousand events on.",
        [f"{size:,}" for size in sizes],
        [
            *result.line("appends", "append, {} events", sizes, OURS),
            *result.line("cases opened", "open, {} events", sizes, ALSO_OURS),
        ],
        unit="a second",
    )


Draw = Callable[[Result], str]
DRAWN: Mapping[str, tuple[str, Draw]] = {
    "append": ("append", append),
    "waits": ("append", waits),
    "far": ("append", far),
    "http": ("http", http),
    "lag": ("lag", lag),
    "opening": ("opening", opening),
    "growth": ("growth", growth),
}
"""Every chart: which benchmark it shows, and how."""
TABLES = (
    "append",
    "http",
    "lag",
    "opening",
    "growth",
    "catching_up",
    "encrypted_fields",
    "tree_writing",
    "verifying",
    "matching",
)
WITH_FACTS = ("encrypted_fields", "tree_writing", "verifying", "matching")
SAID: Mapping[str, tuple[str, Draw]] = {
    **{name: (name, table) for name in TABLES},
    "followed": ("lag", followed),
    **{f"facts of {name}": (name, facts) for name in WITH_FACTS},
    "costs": ("costs", costs),
    "importing": ("importing", imports),
}
"""Every drawn part of the page that says what a benchmark showed."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
