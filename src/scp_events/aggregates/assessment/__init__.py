"""An assessment of a young person: what somebody competent found, and how the risk is judged."""

from scp_events.aggregates.assessment.access import MAY
from scp_events.aggregates.assessment.commands import COMMANDS, CompleteAssessment
from scp_events.aggregates.assessment.events import EVENTS
from scp_events.aggregates.assessment.evidence import EVIDENCE
from scp_events.aggregates.assessment.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "assessment"
COLLECTION = "assessments"
SCOPE = Scope.MANY_PER_CASE
BEGINS = CompleteAssessment
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
