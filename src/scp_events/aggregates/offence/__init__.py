"""An offence: what was alleged, and whether it was proven. An allegation never counts."""

from scp_events.aggregates.offence.commands import COMMANDS, MAY, RecordAllegation
from scp_events.aggregates.offence.events import EVENTS
from scp_events.aggregates.offence.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "offence"
COLLECTION = "offences"
SCOPE = Scope.MANY_PER_CASE
BEGINS = RecordAllegation
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
