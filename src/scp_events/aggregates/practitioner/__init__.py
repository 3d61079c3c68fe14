"""A practitioner: the credentials of a member of staff, from candidate to certified."""

from scp_events.aggregates.practitioner.commands import COMMANDS, MAY, RegisterCandidate
from scp_events.aggregates.practitioner.events import EVENTS
from scp_events.aggregates.practitioner.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "practitioner"
COLLECTION = "practitioners"
SCOPE = Scope.NO_CASE
BEGINS = RegisterCandidate
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
