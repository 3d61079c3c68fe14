"""A sanction: what a court or an organisation imposed on a young person, and how it ended."""

from scp_events.aggregates.sanction.commands import COMMANDS, MAY, RecordSanction
from scp_events.aggregates.sanction.events import EVENTS
from scp_events.aggregates.sanction.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "sanction"
COLLECTION = "sanctions"
SCOPE = Scope.MANY_PER_CASE
BEGINS = RecordSanction
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
