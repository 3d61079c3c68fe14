"""The id of a line of theirs: from a number they gave it, or made from what it says.

Never from its place: a line put in between would make others of all below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from scp_events.importing.cells import ROW_ID
from scp_events.importing.lines import Value, as_typed
from scp_events.importing.mapping.document import Order
from scp_events.importing.mapping.headers import folded

_DIGITS = 20
"""Eight would meet by chance among ten thousand lines."""
_TWO_NUMBERS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")


def numbered(prefix: str, value: Value) -> str:
    """Return the id of a row that has one of theirs: as it is where it is one of ours, C-17 for 17."""
    text = as_typed(value)
    if not text or ROW_ID.fullmatch(text):
        return text
    if text.isascii() and text.isdigit() and len(text) < _DIGITS and prefix:
        return f"{prefix}-{int(text)}"
    return made(prefix, [text]) if prefix else text


def made(prefix: str, parts: Sequence[str]) -> str:
    """Return an id that follows from what a row says: the same for the same, another for anything else."""
    said = "\x1f".join(folded(part) for part in parts)
    return f"{prefix}-{int(sha256(said.encode()).hexdigest(), 16) % 10**_DIGITS:0{_DIGITS}}"


def year_first(order: Order | None, text: str) -> str:
    """Return a day in one form, so that a sheet saved in another kind of file has the same ids."""
    written = _TWO_NUMBERS.fullmatch(text)
    if written is None or order in {None, "iso"}:
        return text
    first, second, year = written.groups()
    day, month = (first, second) if order == "dmy" else (second, first)
    return f"{year}-{month:0>2}-{day:0>2}"
