"""Consent to uses of a young person's data: given and withdrawn, by scope and recipient."""

from scp_events.aggregates.consent.access import MAY
from scp_events.aggregates.consent.commands import COMMANDS
from scp_events.aggregates.consent.events import EVENTS
from scp_events.aggregates.consent.evidence import EVIDENCE
from scp_events.aggregates.consent.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "consent"
COLLECTION = "consent"
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
