"""Workbooks: which kind a file is, whatever the ending of its name says."""

from __future__ import annotations

import struct
from pathlib import Path

from scp_events.importing.reading import compound, ods, xls, xlsx
from scp_events.importing.reading.archive import LOCKED, NOT_A_WORKBOOK, opened
from scp_events.importing.reading.bounds import MOST_ON_DISK
from scp_events.importing.reading.table import Table
from scp_events.importing.report import UnreadableFileError

_ARCHIVE = b"PK\3\4"
_ENCRYPTED = "EncryptedPackage"


def worksheets(path: Path) -> list[Table]:
    """Return the worksheets of a workbook in their order. Raises `UnreadableFileError`."""
    with path.open("rb") as file:
        start = file.read(len(compound.MAGIC))
    if start.startswith(_ARCHIVE):
        return _of_archive(path)
    if start != compound.MAGIC:
        raise UnreadableFileError(NOT_A_WORKBOOK)
    if _is_encrypted(path):
        raise UnreadableFileError(LOCKED)
    return xls.worksheets(path)


def _of_archive(path: Path) -> list[Table]:
    with opened(path) as parts:
        is_open_document = "content.xml" in parts.namelist()
    return ods.worksheets(path) if is_open_document else xlsx.worksheets(path)


def _is_encrypted(path: Path) -> bool:
    """Whether this is an XLSX with a password, which is kept in the kind of file that XLS is."""
    with path.open("rb") as file:
        content = file.read(MOST_ON_DISK)
    try:
        return _ENCRYPTED in compound.names_in(content)
    except (struct.error, LookupError, ValueError):
        raise UnreadableFileError(NOT_A_WORKBOOK) from None
