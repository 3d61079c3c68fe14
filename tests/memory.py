"""A directory in memory for the server of a run: its databases come and go hundreds of times.

Copying a database takes a tenth of the time there, and the server runs with the same settings. What must be
true of a disk (permissions, crashes, a home of one's own) is tested on one. Without room in memory, the run
does without.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux has it; the names in it are made by mkdtemp
ENOUGH = 3 * 2**30
PREFIX = "scp-test-"


@contextmanager
def directory() -> Iterator[Path | None]:
    """Yield a directory in memory, which is removed at the end; None where there is not enough room."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ENOUGH:
        yield None
        return
    _forget_the_dead()
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY))
    with _locked(path):
        yield path
    shutil.rmtree(path)


def _forget_the_dead() -> None:
    """Remove what runs left behind that were killed; a server that still runs there ends itself."""
    for path in MEMORY.glob(f"{PREFIX}*"):
        with suppress(OSError), _locked(path):  # locked: in use; not permitted: somebody else's
            shutil.rmtree(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a directory, which the kernel releases however this process ends."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
