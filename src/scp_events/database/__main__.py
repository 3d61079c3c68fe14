"""Run a PostgreSQL program on the database: `python -m scp_events.database psql`.

The server runs at least as long as the program, which finds its address and password in the environment.
"""

import sys

from scp_events.runtime import beginning, ending

if __name__ == "__main__":
    beginning.begin("scp_events.database")

import os
import subprocess

from psycopg.pq import Conninfo

from scp_events.database.address import open_database
from scp_events.database.errors import DatabaseError


def main(command: list[str]) -> int:
    """Run `command` and return how it ended; 2 if there is none, 1 if there is no database."""
    if not command:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        with open_database() as conninfo:
            return _run(command, _environment(conninfo))
    except (DatabaseError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run it to its end. It is told of every signal, and decides what that means: psql cancels a query."""
    running: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int) -> None:
        for program in running:
            program.send_signal(number)

    with ending.in_order(pass_on):
        running.append(subprocess.Popen(command, env=environment))  # noqa: S603  # what the user typed
        if ending.told():
            running[0].terminate()  # it was told while it started
        code = running[0].wait()
    return code if code >= 0 else ending.KILLED - code


def _environment(conninfo: str) -> dict[str, str]:
    """Return ours, with the variables from which every PostgreSQL program takes its address."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options = Conninfo.parse(conninfo.encode())
    return others | {
        option.envvar.decode(): option.val.decode() for option in options if option.envvar and option.val
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
