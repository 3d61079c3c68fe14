"""Pages of which a part is drawn: writing that part, and saying where it is stale."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write_or_check(drawn: Mapping[Path, str], arguments: list[str], program: str) -> int:
    """Write every file as it should be; with `--check`, say which are not, and return 1 if any."""
    stale = [path for path, text in drawn.items() if _read(path) != text]
    if arguments == ["--check"]:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `python {program}`\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(drawn[path], encoding="utf-8")
    return 0


def with_drawings(page: Path, drawings: Mapping[str, str]) -> str:
    """Return the page with what stands between its marks replaced."""
    text = page.read_text(encoding="utf-8")
    for name, drawing in drawings.items():
        begin, end = f"<!-- drawn: {name} -->\n", f"<!-- end: {name} -->"
        before, rest = text.split(begin)
        text = before + begin + drawing + "\n" + end + rest.split(end, 1)[1]
    return text


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
