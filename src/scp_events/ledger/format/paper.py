"""A checkpoint as it is printed: at the foot of a report it bears witness for as long as the paper lasts."""

from __future__ import annotations

import re

from scp_events.ledger.format.tree import HASH_BYTES

_DIGITS = 4
_PRINTED = re.compile(r"([0-9]+)\D+?((?:[0-9a-f]{4}[\s-]*){16})", re.IGNORECASE)


class NotPrintedError(ValueError):
    """It is not what a report says at its foot."""


def format_for_paper(size: int, root: bytes) -> str:
    """Return size and root as a line to be printed, with the root in groups of four digits for the eye."""
    digits = root.hex()
    groups = " ".join(digits[start : start + _DIGITS] for start in range(0, 2 * HASH_BYTES, _DIGITS))
    return f"{size} events, root {groups}"


def parse_from_paper(said: str) -> tuple[int, bytes]:
    """Return size and root as somebody has typed them off a report. Raises `NotPrintedError`.

    How they are spaced does not matter, nor whether the words between them were typed too.
    """
    found = _PRINTED.search(said)
    if found is None:
        raise NotPrintedError(
            f"{said!r} is not a size and a root of 64 digits: type the line as it is printed"
        )
    return int(found[1]), bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", found[2]))
