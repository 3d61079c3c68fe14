"""A session of a programme: planned for a group, then held or cancelled. It holds nothing of who came."""

from scp_events.aggregates.session.commands import COMMANDS, MAY, ScheduleSession
from scp_events.aggregates.session.events import EVENTS
from scp_events.aggregates.session.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "session"
COLLECTION = "sessions"
SCOPE = Scope.NO_CASE
BEGINS = ScheduleSession
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
