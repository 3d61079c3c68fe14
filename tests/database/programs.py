"""Programs that use an embedded server, to be ended or killed by a test; and users to run them as."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

import scp_events
from tests.needs import need

PACKAGES = os.pathsep.join(str(Path(str(room.__file__)).parents[1]) for room in (scp_events, psycopg))
HOLDER = """
import sys
from pathlib import Path
from scp_events.database import embedded
{before}
with embedded.hold(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


class Program:
    """A process that holds the server of a home until it is told to end."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def server(self) -> int:
        """Return the process number of its server, once it has one."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said.strip().isdigit(), said + self.process.stdout.read()
        return int(said)

    def end(self) -> str:
        """Let it end as it should and return the rest of what it said."""
        said, _ = self.process.communicate("")
        return said

    def kill(self) -> None:
        """End it as a power failure would."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def program(
    home: Path, *, before: str = "", user: str | None = None, python: str = sys.executable
) -> Iterator[Program]:
    """Start a program that holds the server of `home`; `before` is what it does first."""
    running = Program(started([python, "-c", HOLDER.format(before=before), home], user))
    try:
        yield running
    finally:
        running.kill()


def seen(pid: int) -> Path:
    """Return the directory in which Linux shows a process."""
    need(Path("/proc/self").exists(), "Linux", "run the tests in a container")
    return Path(f"/proc/{pid}")


def need_root() -> None:
    """Go on as root; what this test asks for only root can do."""
    need(os.geteuid() == 0, "to be root", "run the tests in a container, or with sudo")


def ordinary_user() -> tuple[str, str]:
    """Return a user who is not root and a Python which that user can run with our packages."""
    need_root()
    pythons = (sys.executable, "/usr/local/bin/python3", f"/usr/bin/python3.{sys.version_info.minor}")
    python = next(filter(_runs_for_nobody, pythons), None)
    need(
        python,
        "a Python and a checkout that others may read",
        "install Python below /usr, check out below /srv",
    )
    assert python is not None
    return "nobody", python


def _runs_for_nobody(python: str) -> bool:
    try:
        with started([python, "-c", "import psycopg, scp_events.database.embedded"], "nobody") as process:
            return process.wait() == 0
    except OSError:
        return False


def started(command: list[str | Path], user: str | None = None) -> "subprocess.Popen[str]":
    """Start a process that finds our packages, as another user if need be."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=os.environ | {"PYTHONPATH": PACKAGES},
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
    )
