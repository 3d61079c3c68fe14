"""What was planted, looked for in every byte of every file below a home."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL

from tests.erasure.decisions import copy_a_decision
from tests.planting import Planted

PLANTED = re.compile(rb"planted[ -]\d+", re.IGNORECASE)
MORE = 300
"""How many texts a read model holds besides."""


@dataclass(frozen=True)
class Traces:
    """The texts and the wrapped keys of one case, which must not be anywhere once it is erased."""

    texts: frozenset[bytes]
    keys: Sequence[bytes]

    def below(self, *places: Path) -> list[str]:
        """Return what is found, and in which file."""
        files = (path for place in places for path in sorted(place.rglob("*")) if path.is_file())
        return [f"{what!r} in {path}" for path in files for what in self._in(_content(path))]

    def _in(self, content: bytes) -> list[bytes]:
        texts = self.texts & {found.lower() for found in set(PLANTED.findall(content))}
        return [*sorted(texts), *(key for key in self.keys if key in content)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # a server removes files while we look
        return b""


def traces_of(connection: Connection[Any], case: Planted, first: int) -> Traces:
    """Return what can be found of a case, and have a read model hold more of it, in the clear."""
    changed = SQL(
        "jsonb_build_object('position', -n, 'event_id', gen_random_uuid(), 'legal_basis',"
        " one.legal_basis || jsonb_build_object('reference', 'PLANTED-' || {} + n))"
    ).format(first)
    copy_a_decision(connection, MORE, changed, of=SQL("case_id = {}").format(case.case_id))
    keys = connection.execute(
        "SELECT wrapped FROM keyring.keys WHERE subject = %s", [case.case_id]
    ).fetchall()
    told = {found for text in case.texts for found in PLANTED.findall(text.encode())}
    more = {f"planted-{first + number}".encode() for number in range(1, MORE + 1)}
    return Traces(frozenset({each.lower() for each in told} | more), [bytes(key) for (key,) in keys])
