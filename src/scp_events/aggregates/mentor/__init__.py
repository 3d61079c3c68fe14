"""A mentor: recruited, screened, trained, approved and supervised, until they exit."""

from scp_events.aggregates.mentor.commands import COMMANDS, MAY, ApplyAsMentor
from scp_events.aggregates.mentor.events import EVENTS
from scp_events.aggregates.mentor.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "mentor"
COLLECTION = "mentors"
SCOPE = Scope.NO_CASE
BEGINS = ApplyAsMentor
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
