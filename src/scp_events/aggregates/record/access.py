"""Keeping and erasing a young person's record: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.record.commands import (
    ApproveErasure,
    PlaceLegalHold,
    RefuseErasure,
    ReleaseLegalHold,
    RequestErasure,
)
from scp_events.vocabulary import LEADING, STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = {
    PlaceLegalHold: LEADING | {Role.COURT_OFFICER},
    ReleaseLegalHold: LEADING | {Role.COURT_OFFICER},
    RequestErasure: STAFF,
    RefuseErasure: LEADING,
    ApproveErasure: LEADING,
}
"""That personal data was erased is said by the program itself, once it has done so."""
