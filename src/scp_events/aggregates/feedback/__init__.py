"""Feedback on the programme: how satisfied people are, how they get on, and what a young person tells."""

from scp_events.aggregates.feedback.commands import COMMANDS, MAY
from scp_events.aggregates.feedback.events import EVENTS
from scp_events.aggregates.feedback.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "feedback"
COLLECTION = "feedback"
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
