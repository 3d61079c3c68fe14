"""What a process did, written down so that it survives the process: a line is there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Lines of one process, each written at once. For many threads."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, **line: Any) -> None:
        """Write a line. What a killed process left unfinished is closed off by the next line's beginning."""
        os.write(self._descriptor, b"\n" + json.dumps(line, separators=(",", ":")).encode())

    def close(self) -> None:
        """Write no more."""
        os.close(self._descriptor)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what was written, but for a line that a kill cut short."""
    if not path.exists():
        return
    for line in path.read_text().split("\n"):
        if line.endswith("}"):
            try:
                yield json.loads(line)
            except ValueError:
                continue
