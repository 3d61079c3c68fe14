"""Running `scp-events` as a program would be run, in this process or in its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from unittest import mock

from scp_cli.__main__ import main


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str


def scp(*arguments: str, database: str, **environment: str) -> Ran:
    """Run a command in this process, which is quicker than its own."""
    out, err = TextIOWrapper(BytesIO()), TextIOWrapper(BytesIO())
    with (
        mock.patch.dict(
            os.environ, {"SCP_DATABASE_URL": database, "COLUMNS": "100", "SCP_TILES_PORT": "0", **environment}
        ),
        mock.patch.object(sys, "argv", ["scp-events", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _ended()
    return Ran(code, _text(out), _text(err))


def _ended() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _text(written: TextIOWrapper) -> str:
    written.flush()
    buffer = written.buffer
    assert isinstance(buffer, BytesIO)
    return buffer.getvalue().decode()


def scp_process(
    *arguments: str, database: str = "", stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """Start a command in a process of its own. Monitors are answered on any port, for tests side by side."""
    told = {"SCP_DATABASE_URL": database, "SCP_TILES_PORT": "0", "PYTHONWARNINGS": "error"}
    return subprocess.Popen(
        [sys.executable, "-m", "scp_cli", *arguments],
        env=os.environ | told | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
