"""A programme: what it consists of and for whom it is, version by version."""

from scp_events.aggregates.programme.commands import COMMANDS, MAY, DefineProgramme
from scp_events.aggregates.programme.events import EVENTS
from scp_events.aggregates.programme.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "programme"
COLLECTION = "programmes"
SCOPE = Scope.NO_CASE
BEGINS = DefineProgramme
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
