"""A home: the directory of one embedded server, and what each piece in it promises.

    postgres/    the data directory, 0700, owned by the user who runs the server
    passfile     the only password, generated, 0600, in libpq's format; nobody is let in without it
    socket/      where the server listens, 0700
    socket-path  names another such directory, below the temporary one, when the path of this one is too long
    lock         held by the one program that is starting or stopping the server
    holders      held, shared, by every program that uses the server: who can hold it alone is the last
    processes    held by every process of the server, and by the program that makes its data; they inherit it:
                 who can get it knows that none is left
    server.log   what the server said; the one before is `server.log.1`

The locks are `flock`s. The kernel releases them however a process ends, so nothing here has to be cleaned up
after a kill -9.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from scp_events.database.account import Account, ourselves
from scp_events.database.errors import DatabaseError

USER = DATABASE = "scp"
PORT = 5432  # part of the socket's name; no network is involved
LONGEST_DIRECTORY = 89  # bytes; a socket's path may have 103 (macOS) or 107 (Linux), 14 are `/.s.PGSQL.5432`
PRIVATE = 0o700
LARGEST_LOG = 10_000_000  # bytes
LONGEST_TAIL = 2_000
PATIENCE = 120.0  # seconds for another program to start or stop the server, crash recovery included
PAUSE = 0.01


@dataclass(frozen=True)
class Home:
    """The names of what lies in a home, and the few things done to it."""

    path: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.path / "postgres"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.path / "server.log"

    @property
    def passfile(self) -> Path:
        """The password."""
        return self.path / "passfile"

    @property
    def socket(self) -> Path:
        """The directory in which the server listens."""
        return Path(self.socket_path.read_text()) if self.socket_path.exists() else self.path / "socket"

    @property
    def socket_path(self) -> Path:
        """The file that names another directory to listen in."""
        return self.path / "socket-path"

    @property
    def conninfo(self) -> str:
        """How to connect to the database. The password is not in it, so it may be shown.

        The empty parts keep `PGPASSWORD` and `PGHOSTADDR`, which are about other servers, from being used.
        """
        return make_conninfo(
            host=str(self.socket),
            hostaddr="",
            port=PORT,
            user=USER,
            password="",
            passfile=str(self.passfile),
            dbname=DATABASE,
        )

    def make(self) -> None:
        """Make the directory if there is none. Directories above it are made as usual, existing ones kept."""
        self.path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)

    def write(self, path: Path, text: str) -> None:
        """Write a file only we can read, so that a crash leaves the old one or the new one."""
        descriptor, name = tempfile.mkstemp(dir=self.path)  # 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).rename(path)
        self.sync()

    def sync(self) -> None:
        """Make renames in this directory survive a power failure."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def check_passfile(self) -> None:
        """Raise `DatabaseError` if the password is missing, unreadable or readable by others."""
        try:
            mode = stat.S_IMODE(self.passfile.stat().st_mode)
            self.passfile.read_bytes()
        except OSError as error:
            raise DatabaseError(
                f"The password of the database cannot be read: {error}. "
                f"Without it nobody can connect; restore {self.passfile} from a backup of {self.path}."
            ) from error
        if mode & 0o077:
            raise DatabaseError(
                f"{self.passfile} holds a password and others may read it (mode {mode:04o}). "
                f"`chmod 600 '{self.passfile}'`."
            )

    def make_socket_directory(self, account: Account) -> None:
        """Make the directory in which `account` listens, if there is none."""
        if self.socket_path.exists() and not _is_private(self.socket, account):
            self.socket_path.unlink()  # the machine emptied its temporary directory
        if not _fits_a_socket(self.socket):
            self.write(self.socket_path, tempfile.mkdtemp(prefix="scp-", dir=_short_directory()))
            account.give(self.socket)
        elif not self.socket.exists():
            self.socket.mkdir(mode=PRIVATE)
            account.give(self.socket)
        elif _is_private(self.socket, ourselves()):  # whoever made it was killed before it was given away
            account.give(self.socket)
        if not _is_private(self.socket, account):
            raise DatabaseError(
                f"{self.socket} must be a directory of the user {account.name} with mode 0700. "
                "Nothing in it lasts: delete it, and it is made again."
            )

    def remove_socket_directory_elsewhere(self, account: Account) -> None:
        """Leave nothing of ours below the temporary directory once the server has stopped."""
        if self.socket_path.exists():
            if _is_private(self.socket, account):
                shutil.rmtree(self.socket)
            self.socket_path.unlink()

    @contextmanager
    def opened(self, name: str) -> Iterator[int]:
        """Yield a descriptor of a lock file. Closing it releases the lock; children do not inherit it."""
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def locked(self, while_waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Be the only program that starts or stops this server, or raise `DatabaseError` after a while."""
        deadline = time.monotonic() + PATIENCE
        with self.opened("lock") as descriptor:
            while not alone(descriptor):
                if time.monotonic() > deadline:
                    raise DatabaseError(
                        f"Process {os.pread(descriptor, 20, 0).decode().strip()} has been starting or "
                        f"stopping the server of {self.path} for {PATIENCE:.0f} s.\n{self.log_tail()}"
                    )
                while_waiting()
                time.sleep(PAUSE)
            os.pwrite(descriptor, f"{os.getpid():<20}".encode(), 0)
            yield

    def any_process(self) -> bool:
        """Whether any process of the server is left: the server itself or, if it was killed, its children."""
        with self.opened("processes") as descriptor:
            return not alone(descriptor)

    def open_log(self) -> int:
        """Return a descriptor for the server to write to; the caller closes it."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def log_size(self) -> int:
        """Return how much the server has said so far."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_tail(self, since: int = 0) -> str:
        """Return what the server said last, for an error message."""
        if not self.log.exists():
            return f"({self.log} does not exist)"
        with self.log.open("rb") as file:
            file.seek(max(since, self.log_size() - LONGEST_TAIL))
            return f"The end of {self.log}:\n{file.read().decode(errors='replace')}"


def alone(descriptor: int) -> bool:
    """Try to hold a lock file alone. A lock held together through this descriptor is given up either way."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def together(descriptor: int) -> None:
    """Hold a lock file with others."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def _fits_a_socket(directory: Path) -> bool:
    """Whether libpq can connect to a socket in it: short, and without the comma that separates its hosts."""
    return len(os.fsencode(directory)) <= LONGEST_DIRECTORY and "," not in str(directory)


def _short_directory() -> Path:
    """Return a directory for temporary files in which a directory of ours is short enough."""
    usual = Path(tempfile.gettempdir())
    return usual if _fits_a_socket(usual / "scp-12345678") else Path("/tmp")  # noqa: S108  # mkdtemp adds what cannot be guessed


def _is_private(directory: Path, account: Account) -> bool:
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and stat.S_IMODE(found.st_mode) == PRIVATE
    )
