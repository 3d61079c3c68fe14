"""An enrolment in a programme: who is admitted, what they attend, and whether they complete it."""

from scp_events.aggregates.enrolment.commands import COMMANDS, MAY, OfferPlace
from scp_events.aggregates.enrolment.events import EVENTS
from scp_events.aggregates.enrolment.evidence import EVIDENCE
from scp_events.aggregates.enrolment.rules import decide
from scp_events.aggregates.enrolment.state import evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "enrolment"
COLLECTION = "enrolments"
SCOPE = Scope.MANY_PER_CASE
BEGINS = OfferPlace
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
