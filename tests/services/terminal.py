"""Running `scp-events` as somebody at a terminal would see it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 60.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


@dataclass(frozen=True)
class Seen:
    """What a terminal was sent, and how the command ended."""

    code: int
    out: str
    """stdout and stderr, as they came."""

    @property
    def lines(self) -> list[str]:
        """What can be read of it, without colours."""
        return [line.rstrip() for line in ESCAPES.sub("", self.out).splitlines()]


def on_a_terminal(
    *arguments: str, database: str, columns: int = 80, rows: int = 500, typed: str = "", **environment: str
) -> Seen:
    """Run a command on a terminal of this size, where `typed` is typed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    told = {"SCP_DATABASE_URL": database, "SCP_TILES_PORT": "0", "TERM": "xterm-256color"}
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "PAGER", "LESS"}
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "scp_cli", *arguments],
        env=inherited | told | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = _until_it_ends(ours)
    os.close(ours)
    return Seen(process.wait(PATIENCE), shown.decode())


def _until_it_ends(terminal: int) -> bytes:
    shown, deadline = b"", time.monotonic() + PATIENCE
    with suppress(OSError):  # Linux says so when the other end of a terminal is gone
        while select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
            if not (part := os.read(terminal, 65536)):
                break
            shown += part
    assert time.monotonic() < deadline, f"the command did not end: {shown[-500:]!r}"
    return shown
