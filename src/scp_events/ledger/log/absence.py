"""Makes a proof of absence: no event of some types stands for a case in some days, as known at a checkpoint.

A claim that is false is not issued. It is judged twice: by whoever reads the case as the log does, and by the
program that those who get the proof check it with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from uuid import UUID

from scp_events.ledger.format.absence import Claim, document_of
from scp_events.ledger.log.gathering import opened_desk, proved_case
from scp_events.ledger.log.settings import LedgerSettings


class NotAbsentError(Exception):
    """Something that is said to be absent is there."""


@dataclass(frozen=True, slots=True)
class Known:
    """What whoever can read the case says of it at one size of the log."""

    reference: str
    standing: Collection[int]
    """The positions of what stands in the days claimed and is of the types claimed to be absent."""


def prove_absence(  # noqa: PLR0913 - which log, which case, what of it, and how it is read
    conninfo: str,
    settings: LedgerSettings,
    case_id: UUID,
    claim: Claim,
    read: Callable[[int], Known],
    *,
    at: int | None = None,
) -> tuple[str, bytes]:
    """Return a proof's name and bytes, at the newest published checkpoint or at the one of size `at`.

    `read` is asked for the case as it was known at that size. Raises `NotAbsentError` where the claim is
    false, `NothingToExportError`, and `LedgerError` where log and ledger do not prove what they say.
    """
    with opened_desk(conninfo, settings, at) as desk:
        case = proved_case(desk, case_id)
        known = read(desk.vouched.size)
        if known.standing:
            positions = ", ".join(map(str, sorted(known.standing)))
            raise NotAbsentError(
                f"this is not absent: it stands at position {positions}; `scp-events replay` tells it"
            )
        document = document_of(replace(case, reference=known.reference), claim)
        return document.name, desk.signed(document)
