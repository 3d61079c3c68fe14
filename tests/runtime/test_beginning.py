"""What every program does first, seen from outside while it runs."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scp_events.database import embedded
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(
    path.parent for place in ("services", "src") for path in (ROOT / place).rglob("__main__.py")
)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process so")
PR_CAPBSET_DROP, CAPABILITIES = 24, range(64)
LOOKING = "import sys; open(f'/proc/{sys.argv[1]}/environ', 'rb').read()"
"""As a debugger would, but that some systems let nobody begin to trace who did not start the program."""
WAITS = """
from scp_events.runtime import beginning
if {begins}: beginning.begin()
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
open("made", "w").close()
print(child.pid, flush=True)
input()
"""


@contextmanager
def program(*arguments: str, cwd: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program until the block ends."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        preexec_fn=like_anybody,  # noqa: PLW1509 - one thread is enough here
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def core_limit(pid: int) -> list[str]:
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in limits if line.startswith("Max core file size"))


def like_anybody() -> None:
    """May leave a core file, and look into others no more than any user, even where the tests are root's."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    for capability in CAPABILITIES:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def can_be_looked_into(pid: int) -> bool:
    """Whether a program of the same user may look into another."""
    looked = subprocess.run(
        [sys.executable, "-c", LOOKING, str(pid)],
        preexec_fn=like_anybody,
        capture_output=True,
        check=False,
    )
    assert looked.returncode == 0 or b"PermissionError" in looked.stderr, looked.stderr
    return looked.returncode == 0


@LINUX
def test_a_program_leaves_no_core_file_and_lets_nobody_look_into_its_memory(tmp_path: Path) -> None:
    with program("-c", WAITS.format(begins=False), cwd=tmp_path) as ordinary:
        assert ordinary.stdout is not None
        ordinary.stdout.readline()
        assert can_be_looked_into(ordinary.pid), "or this shows nothing"
    (tmp_path / "made").unlink()
    with program("-c", WAITS.format(begins=True), cwd=tmp_path) as ours:
        assert ours.stdout is not None
        child = int(ours.stdout.readline())
        assert core_limit(ours.pid) == core_limit(child) == ["0", "0"]
        assert not can_be_looked_into(ours.pid)
        assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o600


@LINUX
@pytest.mark.parametrize("package", PROGRAMS, ids=lambda path: path.name)
def test_every_program_begins_so(package: Path, tmp_path: Path) -> None:
    """Asked of the program itself, stopped right after: what it then says or lacks makes no difference."""
    name = ".".join(package.relative_to(ROOT).parts[1:])
    with program("-m", name, "--help", cwd=tmp_path, SCP_HOME=str(tmp_path / "home")) as running:
        until(lambda: core_limit(running.pid) == ["0", "0"], f"{name} leaves no core file")
        running.send_signal(signal.SIGSTOP)
        assert not can_be_looked_into(running.pid)


@LINUX
def test_the_embedded_server_leaves_no_core_file(tmp_path: Path) -> None:
    with embedded.hold(tmp_path / "home") as server:
        assert core_limit(server.pid) == ["0", "0"]
