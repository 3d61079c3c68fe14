"""The same INSERT of the same bytes by `pgbench`: what the server does when clients cost next to nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg.pq import Conninfo

from benchmarks.bare_insert import TABLE
from benchmarks.contacts import LENGTH
from benchmarks.rounds import Contender, Done
from scp_events.database.binaries import find_binaries

SCRIPT = f"""\
\\if :version % {LENGTH} = 0
SELECT gen_random_uuid() AS stream \\gset
\\set version 0
\\endif
\\set version :version + 1
INSERT INTO bare (stream_id, version, body) VALUES (:stream, :version, :body);
"""  # noqa: S608 - the number is ours
RATE = re.compile(r"tps = ([0-9.]+) \(without initial connection time\)")
FIRST_TRANSACTIONS = 50
"""Of each client in its first round, from which is learnt how many take as long as a round should."""


def program() -> str | None:
    """Return where pgbench is: beside the server's programs, or on the PATH; None where it is not."""
    beside = find_binaries().bin / "pgbench"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("pgbench")


class Pgbench:
    """Clients of one table."""

    def __init__(self, found: str, conninfo: str, body: bytes, place: Path) -> None:
        self._script = place / "insert.sql"
        self._script.write_text(SCRIPT, encoding="utf-8")
        self._command = [found, "--no-vacuum", "--protocol=prepared", f"--file={self._script}"]
        self._command += ["--define=version=0", f"--define=body=\\x{body.hex()}"]
        self._conninfo = conninfo
        with psycopg.connect(conninfo) as connection:
            connection.execute(TABLE)

    def contender(self, clients: int, seconds: float) -> Contender:
        """Let so many clients insert for about so long."""
        each = FIRST_TRANSACTIONS

        def contender() -> Done:
            nonlocal each
            before = self._rows()
            rate = self._run(clients, each)
            assert self._rows() - before == clients * each
            done = Done(clients * each, clients * each / rate)
            each = max(FIRST_TRANSACTIONS, int(rate * seconds / clients))
            return done

        return contender

    def _run(self, clients: int, each: int) -> float:
        """Return the rate; the time to connect is not in it."""
        threads = min(clients, os.cpu_count() or 1)
        said = subprocess.run(  # noqa: S603 - a program of PostgreSQL's
            [*self._command, f"--client={clients}", f"--jobs={threads}", f"--transactions={each}"],
            env=os.environ | _environment(self._conninfo),
            capture_output=True,
            text=True,
            check=True,
        )
        found = RATE.search(said.stdout)
        assert found is not None, said.stdout
        return float(found[1])

    def _rows(self) -> int:
        with psycopg.connect(self._conninfo) as connection:
            row = connection.execute("SELECT count(*) FROM bare").fetchone()
        assert row is not None
        return int(row[0])


def _environment(conninfo: str) -> dict[str, str]:
    options = Conninfo.parse(conninfo.encode())
    return {o.envvar.decode(): o.val.decode() for o in options if o.envvar and o.val}
