"""Working with a young person: boundaries, contacts, story, choices, key workers, breaks, exit and return."""

from scp_events.aggregates.engagement.access import MAY
from scp_events.aggregates.engagement.commands import COMMANDS
from scp_events.aggregates.engagement.events import EVENTS
from scp_events.aggregates.engagement.evidence import EVIDENCE
from scp_events.aggregates.engagement.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "engagement"
COLLECTION = "engagement"
SCOPE = Scope.ONE_PER_CASE
BEGINS = None
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
