"""What stands in a folder: files to read, and everything else with why it is not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scp_events.importing.report import FileProblem, Wrong

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".ods", ".xls")
ENDINGS = (*TEXT_ENDINGS, *WORKBOOK_ENDINGS)


def entries(directory: Path) -> Iterator[Path | FileProblem]:
    """Yield each entry by name: a file to read, or why it is not read."""
    for path in sorted(directory.iterdir()):
        wrong = _why_not(path)
        yield FileProblem(path.name, wrong) if wrong else path


def is_broken(problem: FileProblem) -> bool:
    """Whether a file that is not read should have been: then nothing is imported."""
    return problem.wrong.code in (_DANGLING.code, _NO_FILE.code)


def _why_not(path: Path) -> Wrong | None:
    if path.name.startswith(("~$", ".~lock.")):
        return _LOCK
    if path.name.startswith("."):
        return _HIDDEN
    if path.is_dir():
        return _FOLDER
    if path.suffix.lower() not in ENDINGS:
        return _OTHER
    if not path.exists():
        return _DANGLING
    return None if path.is_file() else _NO_FILE


_LOCK = Wrong(
    "lock-file",
    "was not read: it is the lock of an office program",
    "if somebody has the sheet open, close it and import again",
)
_HIDDEN = Wrong("hidden-file", "was not read: its name begins with a dot", "rename it if it is a sheet")
_FOLDER = Wrong("sub-folder", "was not read: it is a folder", "import it by itself if it holds sheets")
_OTHER = Wrong(
    "other-ending",
    f"was not read: its name ends in none of {' '.join(ENDINGS)}",
    "if it is a sheet, save it as CSV or XLSX",
)
_DANGLING = Wrong("dangling-link", "is a link to a file that is not there", "put the file there")
_NO_FILE = Wrong("not-a-file", "is a device or a pipe", "put the file there")
