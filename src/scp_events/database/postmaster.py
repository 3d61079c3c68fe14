"""The server process: starting it, recognising it, stopping it.

Whether any of it is left is known by the lock its processes hold. The number in `postmaster.pid` alone proves
nothing: after a crash it may be that of an unrelated process, or of a dead one whose parent never asked (a
zombie), and PostgreSQL would refuse to start because of either. The server is recognised by its command line,
which names the data directory's inode.
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
from scp_events.database.home import PAUSE, PORT, Home, alone

# In good order; then at once, with crash recovery at the next start.
STOPPING = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 20.0))
STATING_ITS_NUMBER = 5.0  # seconds after its start
MARK = "scp.directory="
# The shell leaves at once, so that the server is nobody's child and outlives us if others still use it.
# It leaves no core file, which would hold what is in its buffers.
DETACHED = 'ulimit -c 0; "$@" >&2 &'


def launch(home: Home, account: Account, binaries: Binaries) -> None:
    """Start the server. It is not ready to be connected to yet, but holds its lock already."""
    log = home.open_log()
    try:
        with (
            within_reach(account, home.data, home.socket) as ((data, listen), descriptors),
            home.opened("processes") as processes,
        ):
            alone(processes)
            options = ["-D", data, "-k", listen, "-p", str(PORT), "-c", _mark(home)]
            command = ["/bin/sh", "-c", DETACHED, "sh", str(binaries.postgres), *options]
            account.run(command, stderr=log, inherit=[*descriptors, processes])
    finally:
        os.close(log)


def recorded(home: Home) -> int | None:
    """Return the process number in `postmaster.pid`, if there is one."""
    try:
        return int((home.data / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None


def running(home: Home) -> int | None:
    """Return the process number of this home's server, if it runs."""
    pid = recorded(home)
    return pid if pid is not None and _mark(home) in _command_line(pid) else None


def forget_dead(home: Home) -> None:
    """Remove what a killed server left: its number may by now be somebody else's, or a zombie's.

    None of its processes may be left. Raises `DatabaseError` if a server was started here by hand, which
    without these files would stop within a minute.
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
    for kind, seconds in STOPPING:
        _signal(home, kind)
        if until(lambda: not home.any_process(), seconds):
            home.remove_socket_directory_elsewhere(account)
            return
    raise DatabaseError(f"The server of {home.path} does not stop.\n{home.log_tail()}")


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is true, at most so long. Return whether it is."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _signal(home: Home, kind: signal.Signals) -> None:
    """Send a signal to the server, once it has written which process it is; a killed one never will."""
    until(lambda: running(home) is not None or not home.any_process(), STATING_ITS_NUMBER)
    pid = running(home)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, kind)


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
