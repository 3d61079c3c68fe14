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

import pyte

PATIENCE = 60.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class _Screen(pyte.Screen):
    """A terminal's screen. The emulator knows no faint letters, and we write no slanted ones."""

    def select_graphic_rendition(self, *attributes: int, **more: bool) -> None:
        """Take faint for slanted."""
        super().select_graphic_rendition(*(3 if each == 2 else each for each in attributes), **more)


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

    def screen(self, columns: int, rows: int) -> list[str]:
        """Return what a screen of this size shows in the end, each line above how its letters are drawn.

        `B` is bold, `F` is faint, and a small letter is a colour: `y` yellow.
        """
        screen = _Screen(columns, rows)
        pyte.Stream(screen).feed(self.out)
        drawn = []
        for row in range(rows):
            letters = [screen.buffer[row][column] for column in range(columns)]
            drawn.append("".join(each.data for each in letters).rstrip())
            if style := "".join(map(_style, letters)).rstrip():
                drawn.append(f"~{style}")
        return "\n".join(drawn).rstrip("\n").splitlines()


def _style(letter: pyte.screens.Char) -> str:
    assert letter.bg == "default"
    assert not any((letter.underscore, letter.reverse, letter.blink, letter.strikethrough))
    if letter.data == " ":
        return " "
    if letter.fg != "default":
        return "y" if letter.fg == "brown" else letter.fg[0]
    return "B" if letter.bold else "F" if letter.italics else " "


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
