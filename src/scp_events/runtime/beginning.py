"""How every program begins: it listens to signals, and keeps to itself what it will know.

    beginning.begin()    # the first thing a program does, before it imports what takes long

Keys and young people's words are in its memory. A core file would put them on a disk, where no erasure finds
them; a debugger, or `/proc/PID/mem`, would show them to every other program of the same user. Files that it
makes are its owner's alone, whatever the shell it was started from would have let others read.

On Linux the operating system sees to it, except against root. A program that is started by this one begins
anew: our own ones do the same, and PostgreSQL's at least leave no core file.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from scp_events.runtime import ending

OURS_ALONE = 0o077
PR_SET_DUMPABLE = 4  # <sys/prctl.h>


def begin(command: str | None = None) -> None:
    """Listen, for the command of this name or else for a service, and leave nothing of our memory about."""
    ending.listen(command)
    os.umask(OURS_ALONE)
    if sys.platform == "linux":
        _let_nobody_look()
    if os.name == "posix":
        _leave_no_core_file()


def _leave_no_core_file() -> None:
    """Set a limit that neither this program nor one it starts can raise again."""
    import resource  # noqa: PLC0415 - Windows has none

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _let_nobody_look() -> None:
    """Be no process that others of this user may trace, or whose memory they may read."""
    import ctypes  # noqa: PLC0415 - needed here alone

    with suppress(AttributeError):  # a C library without it
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
