"""An agreement to share information: between whom, what for, from when to when; what partners contribute."""

from scp_events.aggregates.agreement.commands import COMMANDS, MAY, SignAgreement
from scp_events.aggregates.agreement.events import EVENTS
from scp_events.aggregates.agreement.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "agreement"
COLLECTION = "agreements"
SCOPE = Scope.NO_CASE
BEGINS = SignAgreement
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
