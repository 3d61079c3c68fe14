"""A process that verifies one document after the other, with Python alone and little memory.

    python -I -S refusing.py VERIFIER KEY...     documents come on stdin, each after its length in 8 bytes

For each it writes a line: `refused`, `accepted`, `hung`, `printed` where a line could not go to a terminal,
or the name of an exception. At the end of its input it writes its peak memory in KiB.
"""

from __future__ import annotations

import importlib.util
import resource
import signal
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

MEMORY = 256 * 2**20
SECONDS = 10


class HungError(BaseException):
    """It takes too long."""


def main(verifier: str, log: str, *witnesses: str) -> None:
    """Verify until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, hang)
    offline = loaded(verifier)
    trust = offline.Trust(log, witnesses)
    while length := sys.stdin.buffer.read(8):
        document = sys.stdin.buffer.read(int.from_bytes(length, "big"))
        print(outcome(offline, document, trust), flush=True)  # noqa: T201 - its output is its answer
    print(peak(), flush=True)  # noqa: T201 - as above


def loaded(path: str) -> ModuleType:
    """Return the verifier. What it knows of a signature it need not find out again: nothing is slower."""
    spec = importlib.util.spec_from_file_location("verify", path)
    assert spec is not None
    assert spec.loader is not None
    offline = importlib.util.module_from_spec(spec)
    sys.modules["verify"] = offline
    spec.loader.exec_module(offline)
    offline.ed25519 = lru_cache(maxsize=1000)(offline.ed25519)  # type: ignore[attr-defined] # a program, not a module
    return offline


def peak() -> int:
    """Return the peak memory of this program in KiB: what `getrusage` says counts whoever started it, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [line] = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def outcome(offline: Any, document: bytes, trust: Any) -> str:
    """Return what the verifier makes of a document."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        report = offline.verify_archive(document, trust)
    except HungError:
        return "hung"
    except BaseException as error:  # noqa: BLE001 - each of them would have been a traceback
        return type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if not all(line.isascii() and line.isprintable() for line in map(offline.printable, report.wrong)):
        return "printed"
    return "refused" if report.wrong else "accepted"


def hang(*_: object) -> None:
    """End what takes too long."""
    raise HungError


if __name__ == "__main__":
    main(*sys.argv[1:])
