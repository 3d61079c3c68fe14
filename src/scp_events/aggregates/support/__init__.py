"""A support episode: one thing that a young person is helped with, from the asking to the closing."""

from scp_events.aggregates.support.commands import COMMANDS, MAY, RequestSupport
from scp_events.aggregates.support.events import EVENTS
from scp_events.aggregates.support.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "support"
COLLECTION = "support-episodes"
SCOPE = Scope.MANY_PER_CASE
BEGINS = RequestSupport
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
    "decide",
    "evolve",
    "initial",
    "view",
]
