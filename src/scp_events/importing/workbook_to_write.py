"""Workbooks that we write: the same content is the same bytes, and no text is taken for a formula."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from xlsxwriter import Workbook

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's dates have no zone; fixed, so that bytes repeat


def new_workbook(written: BinaryIO, title: str = "", *, through: str | None = None) -> Workbook:
    """Return an empty workbook, which is in `written` once it is closed.

    With a directory to go `through`, rows are put into files there as they come, each after the one before,
    and not kept in memory. What may tell of a person goes through memory only, and leaves no trace on a disk.
    """
    where = {"in_memory": True} if through is None else {"constant_memory": True, "tmpdir": through}
    workbook = Workbook(written, {"strings_to_formulas": False, **where})
    workbook.set_properties({"title": title, "created": _CREATED})
    return workbook
