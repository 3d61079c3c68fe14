"""A case as a PDF for a court file: tagged, so that it can be read aloud (PDF/UA-1).

Made here, by the package `typst`, from fonts that are on this machine or in that package: nothing is fetched.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files

from scp_events.case_file.sheet import Sheet

MISSING = re.compile(r'the text `"(.)[^`]*` could not be displayed')


class PdfError(Exception):
    """No PDF can be made here, or not of this."""


def pdf(sheet: Sheet, made_at: datetime) -> bytes:
    """Return a document as PDF/UA-1. Raises `PdfError`."""
    try:
        import typst  # noqa: PLC0415 - an extra, which only a PDF needs
    except ImportError:
        raise PdfError(
            "a PDF needs the package typst: install scp-events[pdf], or print the page of --format html"
        ) from None
    try:
        return typst.compile(
            files(__package__).joinpath("case.typ").read_bytes(),
            format="pdf",
            sys_inputs={"sheet": json.dumps({"title": sheet.title} | asdict(sheet))},
            pdf_standards="ua-1",
            timestamp=made_at.replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise PdfError(f"no PDF can be made of this case: {why(str(error))}") from None


def why(said: str) -> str:
    """Return what is wrong: of letters that no font has, which writing it is and not what they say."""
    if found := MISSING.search(said):
        writing = unicodedata.name(found[1], "unknown").split(maxsplit=1)[0]
        return (
            f"no font on this machine has {writing} letters: install one that has, such as Noto,"
            " or print the page of --format html"
        )
    return said.strip().splitlines()[0][:200]
