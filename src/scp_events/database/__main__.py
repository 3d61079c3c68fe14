"""Run a PostgreSQL program on the database: `python -m scp_events.database psql`.

The server runs at least as long as the program, which finds its address and password in the environment.
"""

import os
import subprocess
import sys

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
            return subprocess.run(command, env=_environment(conninfo), check=False).returncode  # noqa: S603  # what the user typed
    except (DatabaseError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _environment(conninfo: str) -> dict[str, str]:
    """Return ours, with the variables from which every PostgreSQL program takes its address."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options = Conninfo.parse(conninfo.encode())
    return others | {
        option.envvar.decode(): option.val.decode() for option in options if option.envvar and option.val
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
