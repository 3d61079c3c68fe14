"""A referral: one agency asks that a young person be taken on, and the programme answers."""

from scp_events.aggregates.referral.access import MAY
from scp_events.aggregates.referral.commands import COMMANDS, DraftReferral
from scp_events.aggregates.referral.events import EVENTS
from scp_events.aggregates.referral.evidence import EVIDENCE
from scp_events.aggregates.referral.rules import decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "referral"
COLLECTION = "referrals"
SCOPE = Scope.MANY_PER_CASE
BEGINS = DraftReferral
OPENS_CASE = True
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
