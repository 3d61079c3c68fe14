"""Which user of this machine runs the server, and how that user reaches what only we can reach.

PostgreSQL refuses to run as root. Started by root it runs as somebody else, whose directories may lie below
one that this somebody may not enter (`/root`, pytest's temporary directory). Opening such a path up would
mean changing the permissions of directories that are not ours. Instead the server inherits the directory
already open, and knows it as `/proc/self/fd/N`, which needs no permission on the way.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, CompletedProcess

from scp_events.database.errors import DatabaseError

SERVER_USERS = ("postgres", "nobody")
ROOT = 0
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class Account:
    """The user who runs the server. `borrowed` when that is not the user who runs this program."""

    name: str
    uid: int
    gid: int

    @property
    def borrowed(self) -> bool:
        """Whether this program has to become another user to start the server."""
        return self.uid != os.geteuid()

    def run(
        self,
        command: Sequence[str | Path],
        *,
        stdin: int = DEVNULL,
        stderr: int = STDOUT,
        inherit: Sequence[int] = (),
    ) -> CompletedProcess[str]:
        """Run a program as this user and return what it said. Raises `OSError` if it cannot be run.

        The environment holds settings of other PostgreSQL programs (`PGPORT`), secrets of ours and the
        language of messages, so only the way to programs and libraries is passed on. A session of its own
        keeps Ctrl-C away: the server is stopped when everything that uses it has ended.
        """
        return subprocess.run(  # noqa: S603  # PostgreSQL's programs and the shell; no words of a stranger
            command,
            stdin=stdin,
            stdout=PIPE,
            stderr=stderr,
            pass_fds=inherit,
            start_new_session=True,
            cwd="/",
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"LC_ALL": "C"},
            text=True,
            check=False,
            user=self.uid if self.borrowed else None,
            group=self.gid if self.borrowed else None,
            extra_groups=[] if self.borrowed else None,
        )

    def give(self, directory: Path) -> None:
        """Make `directory`, which we made ourselves, this user's own and nobody else's."""
        directory.chmod(0o700)
        if self.borrowed:
            os.chown(directory, self.uid, self.gid)


def ourselves() -> Account:
    """Return the user who runs this program."""
    return _account(os.geteuid(), os.getegid())


def server_account(data: Path) -> Account:
    """Return who runs the server of a data directory: we, or if we are root its owner or a user for servers.

    Raises `DatabaseError` if we are root and this machine has no such user.
    """
    if os.geteuid() != ROOT:
        return ourselves()
    if data.exists() and data.stat().st_uid != ROOT:
        return _account(data.stat().st_uid, data.stat().st_gid)
    for name in SERVER_USERS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise DatabaseError(
        f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(SERVER_USERS)}. "
        "Make one (`useradd --system postgres`), run as an ordinary user, or set SCP_DATABASE_URL."
    )


def _account(uid: int, gid: int) -> Account:
    try:
        return Account(pwd.getpwuid(uid).pw_name, uid, gid)
    except KeyError:  # a container may run as a number without a name; initdb says so better than we could
        return Account(str(uid), uid, gid)


@contextmanager
def within_reach(account: Account, *directories: Path) -> Iterator[tuple[list[str], list[int]]]:
    """Yield names under which `account` reaches `directories`, and what its process inherits for that."""
    if not (account.borrowed and sys.platform == "linux"):
        yield [str(directory) for directory in directories], []
        return
    opened: list[int] = []
    try:
        opened.extend(os.open(directory, os.O_RDONLY | os.O_DIRECTORY) for directory in directories)
        yield [f"/proc/self/fd/{descriptor}" for descriptor in opened], opened
    finally:
        for descriptor in opened:
            os.close(descriptor)
