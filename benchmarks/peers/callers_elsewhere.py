"""Callers in a program of their own, which is asked in lines of JSON and answers each with one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rounds import Done

ROOT = Path(__file__).parents[2]
PATIENCE = 10.0
"""Seconds a program has to end, once nothing will be asked any more."""


class CallersElsewhere:
    """A running program. Its settings are the first line it is given: a password stays off command lines."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, object]) -> None:
        self._command = command
        self._program = subprocess.Popen(  # noqa: S603 - a program of ours
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ask(settings)

    def record(self, callers: int, seconds: float) -> Done:
        """Let so many callers record for so long."""
        said = self.ask({"callers": callers, "seconds": seconds})
        return Done(len(said["waits"]), said["seconds"], said["waits"])

    def ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        """Return the answer. Raises `RuntimeError` if the program failed; it said why on standard error."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(question) + "\n")
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended early; it says why on standard error")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let the program end."""
        try:
            self._program.communicate(timeout=PATIENCE)
        finally:
            self._program.kill()
