"""The server process: starting it, recognising it, stopping it.

It is recognised by its command line, which names the data directory's inode. The number in `postmaster.pid`
alone proves nothing: after a crash it may be that of an unrelated process, or of a dead one whose parent
never asked (a zombie), and PostgreSQL would refuse to start because of either.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from scp_events.database.account import Account, ourselves, within_reach
from scp_events.database.binaries import Binaries
from scp_events.database.errors import DatabaseError
from scp_events.database.home import PAUSE, PORT, Home

STOPPING = (
    (signal.SIGINT, 60.0),
    (signal.SIGQUIT, 20.0),
)  # orderly; at once, with crash recovery at the next start
MARK = "scp.directory="
# The shell leaves at once, so that the server is nobody's child and outlives us if others still use it.
DETACHED = '"$@" >&2 & echo $!'


def launch(home: Home, account: Account, binaries: Binaries) -> int:
    """Start the server and return its process number. It is not ready to be connected to yet."""
    log = home.open_log()
    try:
        with within_reach(account, home.data, home.socket) as ((data, listen), descriptors):
            options = ["-D", data, "-k", listen, "-p", str(PORT), "-c", _mark(home)]
            command = ["/bin/sh", "-c", DETACHED, "sh", str(binaries.postgres), *options]
            shell = account.run(command, stderr=log, inherit=descriptors)
    finally:
        os.close(log)
    return int(shell.stdout)


def recorded(home: Home) -> int | None:
    """Return the process number in `postmaster.pid`, if there is one."""
    try:
        return int((home.data / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None


def running(home: Home) -> int | None:
    """Return the process number of this home's server, if it runs on this machine."""
    pid = recorded(home)
    return pid if pid is not None and is_server(pid, home) else None


def is_server(pid: int, home: Home) -> bool:
    """Whether this process is alive and the server of `home` (or about to become it)."""
    return _mark(home) in _command_line(pid)


def forget_dead(home: Home) -> None:
    """Remove what a killed server left: its number may by now be somebody else's, or a zombie's.

    Safe even while processes of the dead server still write: PostgreSQL finds them by their shared memory and
    does not start until they have gone. Raises `DatabaseError` if the server was started by hand, which
    without this file would stop within a minute.
    """
    pid = recorded(home)
    if pid is not None and _is_server_of_others(pid):
        raise DatabaseError(
            f"Process {pid} is a PostgreSQL server that was started on {home.data} by other means. "
            f"`kill -INT {pid}` stops it in good order."
        )
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (home.socket / name).unlink(missing_ok=True)


def stop(home: Home, account: Account) -> None:
    """Stop the server, if it runs, and wait until it has gone. Raises `DatabaseError` if it does not go."""
    pid = running(home)
    if pid is not None and not any(_gone_after(pid, home, *attempt) for attempt in STOPPING):
        raise DatabaseError(f"The server of {home.path}, process {pid}, does not stop.\n{home.log_tail()}")
    home.remove_socket_directory_elsewhere(account)


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is true, at most so long. Return whether it is."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _gone_after(pid: int, home: Home, kind: signal.Signals, seconds: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, kind)
    gone = until(lambda: not is_server(pid, home), seconds)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # in a container we may be process 1, who inherits all orphans
    return gone


def _mark(home: Home) -> str:
    """Return a setting without effect that names the data directory, whatever path leads to it."""
    return f"{MARK}{home.data.stat().st_ino}"


def _is_server_of_others(pid: int) -> bool:
    """Whether this process is a server, not a child of one (`postgres: writer`), that we did not start."""
    command = _command_line(pid)
    return Path(command[0]).name == "postgres" and not any(argument.startswith(MARK) for argument in command)


def _command_line(pid: int) -> list[str]:
    """Return a program and its arguments; an empty one for a process that has ended, waited for or not."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return [""]
    shown = ourselves().run(["ps", "-ww", "-o", "command=", "-p", str(pid)])
    return shown.stdout.split() or [""]
