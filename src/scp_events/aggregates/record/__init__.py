"""Keeping and erasing a young person's record: legal holds, and erasure decided by two people."""

from scp_events.aggregates.record.access import MAY
from scp_events.aggregates.record.commands import COMMANDS
from scp_events.aggregates.record.events import EVENTS
from scp_events.aggregates.record.evidence import EVIDENCE
from scp_events.aggregates.record.rules import Erasure, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "record"
COLLECTION = "record"
SCOPE = Scope.ONE_PER_CASE
BEGINS = None
OPENS_CASE = False
RESTS_ON_WORDS = True

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
    "Erasure",
    "decide",
    "evolve",
    "initial",
    "view",
]
