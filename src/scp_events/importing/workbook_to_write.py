"""Workbooks that we write: the same content is the same bytes, and no text is taken for a formula."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from xlsxwriter import Workbook

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's dates have no zone; fixed, so that bytes repeat


def new_workbook(written: BinaryIO, title: str = "") -> Workbook:
    """Return an empty workbook, which is in `written` once it is closed."""
    workbook = Workbook(written, {"in_memory": True, "strings_to_formulas": False})
    workbook.set_properties({"title": title, "created": _CREATED})
    return workbook
