"""What was planted, looked for in every byte of every file below a home."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

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
    connection.execute(
        """
        INSERT INTO rm_decisions_v1.decisions
        SELECT (jsonb_populate_record(NULL::rm_decisions_v1.decisions, to_jsonb(one) || jsonb_build_object(
            'position', -n, 'event_id', gen_random_uuid(),
            'legal_basis', one.legal_basis || jsonb_build_object('reference', 'PLANTED-' || %(first)s + n)
        ))).*
        FROM (SELECT * FROM rm_decisions_v1.decisions WHERE case_id = %(case)s LIMIT 1) AS one,
             generate_series(1, %(more)s) AS n""",
        {"case": case.case_id, "first": first, "more": MORE},
    )
    keys = connection.execute(
        "SELECT wrapped FROM keyring.keys WHERE subject = %s", [case.case_id]
    ).fetchall()
    told = {found for text in case.texts for found in PLANTED.findall(text.encode())}
    more = {f"planted-{first + number}".encode() for number in range(1, MORE + 1)}
    return Traces(frozenset({each.lower() for each in told} | more), [bytes(key) for (key,) in keys])
