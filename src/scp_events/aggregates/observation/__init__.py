"""What interrupts that a young person is observed: custody, and moving away."""

from scp_events.aggregates.observation.commands import COMMANDS, MAY
from scp_events.aggregates.observation.events import EVENTS
from scp_events.aggregates.observation.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "observation"
COLLECTION = "observation"
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
