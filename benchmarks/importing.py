"""A spreadsheet import of 1,600, 20,000 and 200,000 rows; in the short form, of the first two.

Each size has a log of its own, and is imported, imported again, and decided in a dry run on an empty log:
each in a process of its own, so that its peak memory is its own. CPU is that process's; the server's comes
besides.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.office import write_sheets
from benchmarks.program import Run, run
from benchmarks.rounds import Contender, Done
from scp_events import event_log
from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.importing import import_directory
from scp_events.privacy import open_keyring
from scp_events.vocabulary import Actor, OrganisationId, PersonId, Role

SIZES = (1_600, 20_000, 200_000)
CLERK = Actor(id=PersonId("dc-yarrow"), role=Role.DATA_CLERK, organisation=OrganisationId("sc"))
FIRST, AGAIN, DRY = "first", "again", "dry"
MEGABYTE = 2**20


def compare(said: Run) -> Mapping[str, float | None]:
    """Write sheets of each size and import them."""
    sizes = SIZES[:-1] if said.short else SIZES
    said.number_of_rounds = 1 if said.short else 2
    contenders: dict[str, Contender] = {}
    for size in sizes:
        sheets = said.place() / "sheets"
        write_sheets(sheets, size)
        contenders |= _of_one_size(said, sheets, size)
    said.compare(contenders)
    largest, smaller = sizes[-1], sizes[-2]
    ratios = {"import_growth": said.ratio(f"{FIRST}, {largest} rows", f"{FIRST}, {smaller} rows")}
    for how in (AGAIN, DRY):
        ratios[f"import_{how}_vs_first"] = said.ratio(f"{how}, {largest} rows", f"{FIRST}, {largest} rows")
    return ratios


def _of_one_size(said: Run, sheets: Path, size: int) -> dict[str, Contender]:
    """Import into a new log, then into the same one, then try it out on one that is empty."""
    logs: list[tuple[str, str]] = []

    def first() -> Done:
        logs[:] = [(said.database(), said.keyring())]
        return _imported(FIRST, sheets, *logs[0], rows=size)

    def again() -> Done:
        return _imported(AGAIN, sheets, *(logs or [(said.database(), said.keyring())])[0], rows=size)

    def dry() -> Done:
        return _imported(DRY, sheets, said.database(), said.keyring(), rows=size)

    return {f"{how}, {size} rows": work for how, work in ((FIRST, first), (AGAIN, again), (DRY, dry))}


def _imported(how: str, sheets: Path, conninfo: str, keyring: str, *, rows: int) -> Done:
    """Import in a process of its own, and check what it says of the rows."""
    ran = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "benchmarks.importing", "--once", how, str(sheets), conninfo, keyring],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    said = json.loads(ran.stdout)
    assert said.pop("counts") == ([rows, 0, 0] if how != AGAIN else [0, rows, 0]), said
    seconds = said.pop("seconds")
    return Done(rows, seconds, also=said | {"rows/CPU s": rows / said["CPU s"]})


def once(how: str, sheets: str, conninfo: str, keyring: str) -> None:
    """Import, and print what it came to."""
    event_log.prepare(conninfo)
    with open_keyring(conninfo, named=keyring) as keys, LogReader(conninfo, keys, pool_size=2) as reader:
        handler = None if how == DRY else BlockingCommandHandler(CommandHandler(conninfo, keys))
        began, used = time.perf_counter(), time.process_time()
        with handler or nullcontext():
            report = import_directory(
                reader,
                handler,
                Path(sheets),
                by=CLERK,
                rejected_to=Path(sheets).with_name("rejected"),
                now=datetime.now(UTC),
            )
        said = {
            "counts": [report.recorded, report.already_there, report.rejected],
            "seconds": time.perf_counter() - began,
            "CPU s": time.process_time() - used,
            "peak MB": _peak() / MEGABYTE,
        }
    sys.stdout.write(json.dumps(said) + "\n")


def _peak() -> int:
    """Return the most memory this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON; or be one of the processes that are measured."""
    if arguments[:1] == ["--once"]:
        once(*arguments[1:])
        return 0
    return run("importing", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
