"""A safeguarding concern: raised, put to an agency, and found settled by somebody else."""

from scp_events.aggregates.concern.access import MAY
from scp_events.aggregates.concern.commands import COMMANDS, RaiseConcern
from scp_events.aggregates.concern.events import EVENTS
from scp_events.aggregates.concern.evidence import EVIDENCE
from scp_events.aggregates.concern.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "concern"
COLLECTION = "concerns"
SCOPE = Scope.MANY_PER_CASE
BEGINS = RaiseConcern
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
