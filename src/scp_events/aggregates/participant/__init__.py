"""A young person, as they are known to the programme: registration, death, and links between records."""

from scp_events.aggregates.participant.access import MAY
from scp_events.aggregates.participant.commands import COMMANDS, Register
from scp_events.aggregates.participant.events import EVENTS
from scp_events.aggregates.participant.evidence import EVIDENCE
from scp_events.aggregates.participant.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "participant"
COLLECTION = "participant"
SCOPE = Scope.ONE_PER_CASE
BEGINS = Register
OPENS_CASE = True
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
