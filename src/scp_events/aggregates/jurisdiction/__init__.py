"""The jurisdiction: whose law and whose days count here, and which policy is in force from when on."""

from scp_events.aggregates.jurisdiction.commands import COMMANDS, MAY, DefineJurisdiction
from scp_events.aggregates.jurisdiction.events import EVENTS
from scp_events.aggregates.jurisdiction.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "jurisdiction"
COLLECTION = "jurisdictions"
SCOPE = Scope.NO_CASE
BEGINS = DefineJurisdiction
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
