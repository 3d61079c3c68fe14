"""Practitioners, as several tests tell of them: how somebody comes to hold a credential, and loses it."""

from __future__ import annotations

from datetime import date
from typing import Any

from scp_events.aggregates.practitioner import events
from scp_events.aggregates.practitioner.commands import (
    AwardCredential,
    CompleteModule,
    FailExam,
    LogPractice,
    PassExam,
    PractitionerCommand,
    RegisterCandidate,
    ReinstateCredential,
    RenewCredential,
    RevokeCredential,
    SitExam,
    SuspendCredential,
    VerifyPractice,
)
from scp_events.aggregates.practitioner.events import Areas, Placement, Requirements, stream_of
from scp_events.scenario import Told, elsewhere, on
from scp_events.vocabulary import OrganisationId, PersonId
from tests.words import SUPERVISOR, decision, event_id, grounds

(
    REGISTERED_AS, FIRST_AS, SECOND_AS, LOGGED_AS, LOGGED_AGAIN_AS, VERIFIED_AS, VERIFIED_AGAIN_AS,
    SAT_AS, PASSED_AS, FAILED_AS, AWARDED_AS, RENEWED_AS, SUSPENDED_AS, REINSTATED_AS, REVOKED_AS,
) = map(event_id, range(1001, 1016))  # fmt: skip

CREDENTIAL = "needs-assessment"
ALL_AREAS = Areas(programme_development=True, client_interaction=True, community_collaboration=True)

REGISTER = RegisterCandidate(
    event_id=REGISTERED_AS,
    credential=CREDENTIAL,
    provider=OrganisationId("example-college"),
    requires=Requirements(modules=("ethics", "interviewing"), practice_minutes=600),
)
FIRST_MODULE = CompleteModule(event_id=FIRST_AS, credential=CREDENTIAL, module="ethics")
SECOND_MODULE = CompleteModule(event_id=SECOND_AS, credential=CREDENTIAL, module="interviewing")
LOG = LogPractice(
    event_id=LOGGED_AS,
    credential=CREDENTIAL,
    minutes=400,
    placement=Placement.INTERNSHIP,
    host=OrganisationId("example-shelter"),
)
LOG_AGAIN = LOG.model_copy(update={"event_id": LOGGED_AGAIN_AS, "minutes": 200})
VERIFY = VerifyPractice(event_id=VERIFIED_AS, credential=CREDENTIAL, practice=LOGGED_AS)
VERIFY_AGAIN = VerifyPractice(event_id=VERIFIED_AGAIN_AS, credential=CREDENTIAL, practice=LOGGED_AGAIN_AS)
SIT = SitExam(event_id=SAT_AS, credential=CREDENTIAL, areas=ALL_AREAS)
PASS = PassExam(event_id=PASSED_AS, credential=CREDENTIAL, exam=SAT_AS, decision=grounds())
FAIL = FailExam(event_id=FAILED_AS, credential=CREDENTIAL, exam=SAT_AS, decision=grounds())
AWARD = AwardCredential(
    event_id=AWARDED_AS,
    credential=CREDENTIAL,
    valid_from=date(2025, 1, 1),
    valid_until=date(2025, 12, 31),
    decision=grounds(),
)
RENEW = RenewCredential(
    event_id=RENEWED_AS,
    credential=CREDENTIAL,
    valid_from=date(2026, 2, 1),
    valid_until=date(2027, 1, 31),
    decision=grounds(),
)
SUSPEND = SuspendCredential(event_id=SUSPENDED_AS, credential=CREDENTIAL, decision=grounds())
REINSTATE = ReinstateCredential(event_id=REINSTATED_AS, credential=CREDENTIAL, decision=grounds())
REVOKE = RevokeCredential(event_id=REVOKED_AS, credential=CREDENTIAL, decision=grounds())
STUDYING: tuple[PractitionerCommand, ...] = (
    REGISTER, FIRST_MODULE, SECOND_MODULE, LOG, LOG_AGAIN, VERIFY, VERIFY_AGAIN, SIT, PASS,
)  # fmt: skip
EVERY_COMMAND: tuple[PractitionerCommand, ...] = (
    *STUDYING, FAIL, AWARD, RENEW, SUSPEND, REINSTATE, REVOKE,
)  # fmt: skip

AWARDED = events.CredentialAwarded(
    event_id=AWARDED_AS,
    decision=decision(),
    credential=CREDENTIAL,
    valid_from=date(2025, 1, 1),
    valid_until=date(2025, 12, 31),
)
REVOKED = REVOKE.fact(SUPERVISOR)


def certified(person: PersonId, day: str, event: Any = AWARDED) -> Told:
    """Return, for other streams to know, what became of somebody's credential on a day."""
    return elsewhere(stream_of(person), on(day, event))
