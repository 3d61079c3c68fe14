"""Facts dated ahead: what is recorded today for a later day takes force, and ends, by itself.

Each is asked on either side of a day about one and the same history: no command comes in between.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import TypeAlias

import pytest

from scp_events.aggregates import referral
from scp_events.policy import Adopted, Policies
from scp_events.scenario import elsewhere, given, on
from scp_events.vocabulary import named
from tests.aggregates import test_agreement as agreements
from tests.aggregates import test_feedback as testimonies
from tests.aggregates import test_mentor as mentors
from tests.aggregates import test_organisation as members
from tests.aggregates import test_practitioner as practitioners
from tests.aggregates import test_record as records
from tests.aggregates import test_referral as referrals
from tests.aggregates.test_every_aggregate import DATES
from tests.examples.agreement import SIGNED
from tests.examples.jurisdiction import MINORS_30H
from tests.examples.practitioner import AWARDED, RENEW
from tests.examples.record import APPROVE, HOLD, REQUEST
from tests.examples.referral import SUBMIT
from tests.words import REFERRER, SUPERVISOR

pytestmark = pytest.mark.once

Asked: TypeAlias = Callable[[str], bool]
"""Whether something holds on a day, by what was known long before it."""

TOLD_ONLY = {
    "jurisdiction.defined": {"valid_from", "valid_until"},
    "jurisdiction.profile-changed": {"valid_from", "valid_until"},
    "agreement.contribution-recorded": {"available_from", "available_until"},
    "agreement.funding-source-recorded": {"available_from", "available_until"},
    "irp.goal-added": {"target_date"},
    "irp.step-added": {"due_on"},
    "irp.started": {"next_review_on"},
    "irp.reviewed": {"next_review_on"},
    "match.started": {"next_review_on"},
    "match.reviewed": {"next_review_on"},
    "sanction.imposed": {"due_on", "ends_on"},
    "session.scheduled": {"planned_on"},
    "session.rescheduled": {"planned_on"},
    "support.court-accompanied": {"hearing_on"},
}
"""What is planned or was so. Whether a review is overdue is asked with the day (see the caseload)."""
PAST = {"date_of_birth", "committed_on", "proven_on", "quashed_on", "ordered_on"}
"""None of these may lie ahead."""


def agreed(*happened: object) -> Asked:
    standing = agreements.told(on("2025-01-15", SIGNED), *happened).state  # type: ignore[arg-type]  # events
    return lambda day: agreements.in_force(standing, day) is not None


def amended(day: str) -> bool:
    standing = agreements.told(on("2025-01-15", SIGNED), on("2025-03-01", agreements.AMENDED)).state
    return agreements.in_force(standing, day) == agreements.AMENDED_AS


def checked(day: str) -> bool:
    ahead = {"valid_from": date(2025, 6, 1), "valid_until": date(2026, 5, 31)}
    check = mentors.CLEARED.model_copy(update=ahead)
    trained = mentors.TRAINED.model_copy(update={"valid_until": None})
    outcome = mentors.told(*mentors.IN_SCREENING, trained, check).when(mentors.APPROVE, on=day)
    return bool(outcome.events)


def trained(day: str) -> bool:
    check = mentors.CLEARED.model_copy(update={"valid_until": date(2030, 1, 1)})
    training = mentors.TRAINED.model_copy(update={"valid_until": date(2025, 7, 1)})
    outcome = mentors.told(*mentors.IN_SCREENING, check, training).when(mentors.APPROVE, on=day)
    return bool(outcome.events)


def awarded(day: str) -> bool:
    return practitioners.held(day, AWARDED)


def renewed(day: str) -> bool:
    return practitioners.held(day, RENEW.fact(SUPERVISOR))


def employed(day: str) -> bool:
    agency = named("organisation", members.AGENCY)
    joined = members.but(members.JOINED, valid_until=date(2025, 6, 1))
    known = members.register(elsewhere(agency, on("2025-03-02", joined)))
    return bool(members.members_on(known, members.AGENCY, date.fromisoformat(day)))


def consented(day: str) -> bool:
    return bool(testimonies.publishing(testimonies.IN_FORCE, now=noon(day)).events)


def may_be_erased(day: str) -> bool:
    return bool(records.asked((HOLD, REQUEST), APPROVE, now=noon(day)).events)


def may_be_submitted(day: str) -> bool:
    draft = given(referral, referrals.drafted(expires_on=date(2025, 3, 31)))
    return bool(draft.when(SUBMIT, on=day, by=REFERRER).events)


def adopted(day: str) -> bool:
    ahead = Policies((Adopted(MINORS_30H, date(2025, 6, 1)),))
    return ahead.in_force_on(date.fromisoformat(day)) == MINORS_30H


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12), UTC)


FORCE: dict[tuple[str, str], tuple[Asked, str, str]] = {
    ("jurisdiction.policy-adopted", "in_force_from"): (adopted, "2025-05-31", "2025-06-01"),
    ("agreement.signed", "valid_from"): (agreed(), "2025-01-31", "2025-02-01"),
    ("agreement.signed", "valid_until"): (agreed(), "2026-01-01", "2025-12-31"),
    ("agreement.amended", "valid_from"): (amended, "2025-06-30", "2025-07-01"),
    ("agreement.ended", "last_day"): (agreed(on("2025-03-01", agreements.ENDED)), "2025-10-01", "2025-09-30"),
    ("mentor.background-check-recorded", "valid_from"): (checked, "2025-05-31", "2025-06-01"),
    ("mentor.background-check-recorded", "valid_until"): (checked, "2026-06-01", "2026-05-31"),
    ("mentor.training-completed", "valid_until"): (trained, "2025-07-02", "2025-07-01"),
    ("practitioner.credential-awarded", "valid_from"): (awarded, "2024-12-31", "2025-01-01"),
    ("practitioner.credential-awarded", "valid_until"): (awarded, "2026-01-01", "2025-12-31"),
    ("practitioner.credential-renewed", "valid_from"): (renewed, "2026-01-31", "2026-02-01"),
    ("organisation.member-joined", "valid_until"): (employed, "2025-06-02", "2025-06-01"),
    ("consent.given", "valid_until"): (consented, "2025-07-01", "2025-06-30"),
    ("record.legal-hold-placed", "expires_on"): (may_be_erased, "2025-06-30", "2025-07-01"),
    ("referral.drafted", "expires_on"): (may_be_submitted, "2025-04-01", "2025-03-31"),
}
"""Of each date, what is asked, a day on which that does not hold, and the day beside it on which it does."""
AS_BEFORE = {("agreement.amended", "valid_until"), ("practitioner.credential-renewed", "valid_until")}
"""Terms and periods of the one kind are asked about as those of the other."""


@pytest.mark.parametrize(("asked", "not_on", "on_this"), FORCE.values(), ids=map(" ".join, FORCE))
def test_what_is_dated_ahead_takes_force_and_ends_by_itself(asked: Asked, not_on: str, on_this: str) -> None:
    """Also where it is asked about a day that has gone by, as a replay and a late report do."""
    assert [asked(day) for day in (on_this, not_on, on_this, not_on)] == [True, False, True, False]
    assert abs((date.fromisoformat(on_this) - date.fromisoformat(not_on)).days) == 1


def test_every_date_takes_force_by_itself_or_decides_nothing() -> None:
    """A new date has its line above, or says that nothing waits for it."""
    every = {(kind, name.rpartition(".")[2]) for kind, names in DATES.items() for name in names}
    told_only = {(kind, name) for kind, names in TOLD_ONLY.items() for name in names}
    ahead = {(kind, name) for kind, name in every if name not in PAST}
    assert ahead == told_only | FORCE.keys() | AS_BEFORE
