"""An organisation: what it is and offers, and who works there in which role."""

from scp_events.aggregates.organisation.commands import COMMANDS, MAY, RegisterOrganisation
from scp_events.aggregates.organisation.events import EVENTS
from scp_events.aggregates.organisation.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "organisation"
COLLECTION = "organisations"
SCOPE = Scope.NO_CASE
BEGINS = RegisterOrganisation
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
