"""An IRP: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.irp.commands import COMMANDS, ApproveIrp
from scp_events.vocabulary import LEADING, STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, STAFF),
    ApproveIrp: LEADING,
}
