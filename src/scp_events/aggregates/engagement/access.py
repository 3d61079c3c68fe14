"""Working with a young person: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.engagement.commands import COMMANDS, AssignKeyWorker, HandOver, RecordContact
from scp_events.vocabulary import ENTERING, LEADING, STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, STAFF),
    RecordContact: STAFF | ENTERING,
    AssignKeyWorker: LEADING,
    HandOver: LEADING,
}
