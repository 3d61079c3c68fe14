"""An IRP: what a young person and their key workers set out to do."""

from scp_events.aggregates.irp.access import MAY
from scp_events.aggregates.irp.commands import COMMANDS, StartIrpDraft
from scp_events.aggregates.irp.events import EVENTS
from scp_events.aggregates.irp.evidence import EVIDENCE
from scp_events.aggregates.irp.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "irp"
COLLECTION = "irps"
SCOPE = Scope.MANY_PER_CASE
BEGINS = StartIrpDraft
OPENS_CASE = False
RESTS_ON_WORDS = False

__all__ = [
    "BEGINS",
    "CATEGORY",
    "COLLECTION",
    "COMMANDS",
    "EVENTS",
    "EVIDENCE",
    "MAY",
    "OPENS_CASE",
    "RESTS_ON_WORDS",
    "SCOPE",
    "decide",
    "evolve",
    "initial",
    "view",
]
