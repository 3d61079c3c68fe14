"""Which roles may send which command: the whole table, as people agreed on it."""

from __future__ import annotations

import pytest

from scp_events.aggregates import ALL
from scp_events.vocabulary import command_name

pytestmark = pytest.mark.once  # a table

STAFF = "case-manager key-worker supervisor"
LEADING = "case-manager supervisor"
AGENCIES = "court-officer ministry-officer police-officer referrer"
ENTERING = "data-clerk integrator"

MATRIX = {
    "referral": {
        "draft-referral": f"{AGENCIES} {LEADING} {ENTERING}",
        "submit-referral": f"{AGENCIES} {LEADING}",
        "acknowledge-referral": LEADING,
        "request-information": LEADING,
        "provide-information": f"{AGENCIES} {LEADING} {ENTERING}",
        "determine-eligibility": LEADING,
        "assess-suitability": LEADING,
        "accept-referral": LEADING,
        "decline-referral": LEADING,
        "redirect-referral": LEADING,
        "waitlist-referral": LEADING,
        "withdraw-referral": f"{AGENCIES} {LEADING}",
        "link-to-enrolment": f"{LEADING} integrator service",
        "close-referral": LEADING,
    },
    "participant": {
        "register": STAFF,
        "record-death": LEADING,
        "propose-identity-link": LEADING,
        "confirm-identity-link": LEADING,
        "propose-identity-unlink": LEADING,
        "confirm-identity-unlink": LEADING,
    },
    "engagement": {
        "agree-boundaries": STAFF,
        "decline-boundaries": STAFF,
        "record-contact": f"{STAFF} {ENTERING}",
        "record-story": STAFF,
        "confirm-story": STAFF,
        "record-choice": STAFF,
        "assign-key-worker": LEADING,
        "hand-over": LEADING,
        "pause": STAFF,
        "resume": STAFF,
        "exit": STAFF,
        "re-engage": STAFF,
    },
    "consent": {"give-consent": f"{STAFF} {ENTERING}", "withdraw-consent": f"{STAFF} {ENTERING}"},
    "concern": {"raise-concern": STAFF, "escalate-concern": STAFF, "close-concern": STAFF},
    "assessment": {"complete-assessment": STAFF, "override-risk-level": STAFF, "withdraw-override": STAFF},
    "irp": {
        "start-irp-draft": STAFF,
        "identify-need": STAFF,
        "add-goal": STAFF,
        "remove-goal": STAFF,
        "add-step": STAFF,
        "change-step-status": STAFF,
        "propose-irp": STAFF,
        "agree-to-irp": STAFF,
        "decline-irp": STAFF,
        "approve-irp": LEADING,
        "start-irp": STAFF,
        "record-goal-progress": STAFF,
        "achieve-goal": STAFF,
        "start-irp-review": STAFF,
        "conclude-irp-review": STAFF,
        "close-irp": STAFF,
    },
    "record": {
        "place-legal-hold": f"{LEADING} court-officer",
        "release-legal-hold": f"{LEADING} court-officer",
        "request-erasure": STAFF,
        "refuse-erasure": LEADING,
        "approve-erasure": LEADING,
    },
}


def test_everybody_may_do_what_the_table_says_and_nothing_else() -> None:
    may = {
        aggregate.CATEGORY: {command_name(c): set(map(str, roles)) for c, roles in aggregate.MAY.items()}
        for aggregate in ALL
    }
    assert may == {
        kind: {name: set(roles.split()) for name, roles in row.items()} for kind, row in MATRIX.items()
    }
