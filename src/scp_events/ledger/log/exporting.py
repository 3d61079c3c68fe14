"""Makes a case's bundle: what is stored of it at one checkpoint with the proofs, and what people read of it.

The events are handed on as they are stored; what people read of them comes from whoever can read them. The
checkpoint is one that was published, so that everybody who is asked about it knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from scp_events.ledger.format.bundle import Bundle, Opened
from scp_events.ledger.log.gathering import opened_desk, proved_case
from scp_events.ledger.log.settings import LedgerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What people read of a case at one size of the log, made by whoever can read it."""

    reference: str
    replay: bytes
    story: str
    policies: Mapping[str, object]
    opened: Mapping[int, Sequence[Opened]]


def export(
    conninfo: str,
    settings: LedgerSettings,
    case_id: UUID,
    read: Callable[[int], Readable],
    *,
    at: int | None = None,
) -> tuple[str, bytes]:
    """Return a bundle's name and bytes, at the newest published checkpoint or at the one of size `at`.

    `read` is asked for the case as it was known at that size. The same case at the same checkpoint gives the
    same bytes. They have been verified, as whoever gets them will. Raises `NothingToExportError`, and
    `LedgerError` where log and ledger do not prove what they say.
    """
    with opened_desk(conninfo, settings, at) as desk:
        case = proved_case(desk, case_id)
        readable = read(desk.vouched.size)
        bundle = Bundle(
            case=replace(case, reference=readable.reference),
            policies=readable.policies,
            replay=readable.replay,
            story=readable.story,
            opened=readable.opened,
        )
        document = bundle.document()
        return document.name, desk.signed(document)
