"""Referrals: where each stands, how long it took to get there, who waits, and why some were declined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import LiteralString

from scp_events.aggregates import engagement, irp, referral
from scp_events.aggregates.engagement.events import EVENTS as OF_ENGAGEMENT
from scp_events.aggregates.irp.events import EVENTS as OF_PLANS
from scp_events.aggregates.referral.events import (
    EligibilityDetermined,
    InformationProvided,
    InformationRequested,
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralDeclined,
    ReferralDrafted,
    ReferralLinked,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWaitlisted,
    ReferralWithdrawn,
    SuitabilityAssessed,
)
from scp_events.aggregates.referral.rules import Status
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.projections import followed_by
from scp_events.projections.narrowing import Narrowed
from scp_events.vocabulary import CaseId, Event, ReferralId, Word

NAME = "referrals"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
READS = (referral, engagement, irp)
AS_RECORDED = False
PERSONAL: dict[str, PersonalColumn] = {}

TABLES = (
    """
    CREATE TABLE referrals (
        referral_id     uuid PRIMARY KEY,
        case_id         uuid NOT NULL,
        case_reference  text NOT NULL,
        programme       text NOT NULL,
        route           text NOT NULL,
        agency          text NOT NULL,
        referred_by     text NOT NULL,
        status          text NOT NULL DEFAULT 'draft',
        eligible        boolean,
        suitability     text,
        drafted_on      date NOT NULL,
        submitted_on    date,
        acknowledged_on date,
        waitlisted_on   date,
        answer          text,         -- accepted, declined or redirected
        answered_on     date,
        reason_code     text,         -- of the answer
        redirected_to   text,
        withdrawn_on    date,
        withdrawn_by    text,
        enrolment_id    uuid
    );
    CREATE INDEX referrals_of_a_case ON referrals (case_id);
    CREATE INDEX referrals_of_an_agency ON referrals (agency, status);
"""
    + followed_by.TABLES
)

ON: On = {
    **followed_by.ON,
    ReferralDrafted: """
        INSERT INTO referrals (referral_id, case_id, case_reference, programme, route, agency, referred_by,
                               drafted_on)
        VALUES (%(stream_id)s, %(case_id)s, %(case_reference)s, %(programme)s, %(route)s,
                %(referred_by)s ->> 'organisation', %(referred_by)s ->> 'id', %(occurred_on)s)
        ON CONFLICT (referral_id) DO UPDATE SET
            programme = excluded.programme, route = excluded.route, agency = excluded.agency,
            referred_by = excluded.referred_by, status = excluded.status, drafted_on = excluded.drafted_on""",
    ReferralSubmitted: """
        UPDATE referrals SET status = 'submitted', submitted_on = %(occurred_on)s
        WHERE referral_id = %(stream_id)s""",
    ReferralAcknowledged: """
        UPDATE referrals SET status = 'under-review', acknowledged_on = %(occurred_on)s
        WHERE referral_id = %(stream_id)s""",
    InformationRequested: """
        UPDATE referrals SET status = 'information-requested' WHERE referral_id = %(stream_id)s""",
    InformationProvided: """
        UPDATE referrals SET status = 'under-review' WHERE referral_id = %(stream_id)s""",
    EligibilityDetermined: """
        UPDATE referrals SET eligible = %(eligible)s WHERE referral_id = %(stream_id)s""",
    SuitabilityAssessed: """
        UPDATE referrals SET suitability = %(suitability)s WHERE referral_id = %(stream_id)s""",
    ReferralWaitlisted: """
        UPDATE referrals SET status = 'waitlisted', waitlisted_on = %(occurred_on)s
        WHERE referral_id = %(stream_id)s""",
    ReferralAccepted: """
        UPDATE referrals SET status = 'accepted', answer = 'accepted', answered_on = %(occurred_on)s,
                             reason_code = %(decision_reason_code)s
        WHERE referral_id = %(stream_id)s""",
    ReferralDeclined: """
        UPDATE referrals SET status = 'declined', answer = 'declined', answered_on = %(occurred_on)s,
                             reason_code = %(decision_reason_code)s
        WHERE referral_id = %(stream_id)s""",
    ReferralRedirected: """
        UPDATE referrals SET status = 'redirected', answer = 'redirected', answered_on = %(occurred_on)s,
                             reason_code = %(decision_reason_code)s, redirected_to = %(to)s
        WHERE referral_id = %(stream_id)s""",
    ReferralWithdrawn: """
        UPDATE referrals SET status = 'withdrawn', withdrawn_on = %(occurred_on)s,
                             withdrawn_by = %(withdrawn_by)s
        WHERE referral_id = %(stream_id)s""",
    ReferralLinked: """
        UPDATE referrals SET status = 'linked', enrolment_id = %(enrolment_id)s
        WHERE referral_id = %(stream_id)s""",
    ReferralClosed: """
        UPDATE referrals SET status = 'closed' WHERE referral_id = %(stream_id)s""",
}

IGNORES: frozenset[type[Event]] = frozenset({*OF_ENGAGEMENT, *OF_PLANS}) - ON.keys()
"""Of the work that followed, it wants to know no more than what `followed_by` does."""

# --- questions --------------------------------------------------------------------------------------------


class Referral(Word):
    """One referral, and on which day each step of it was taken."""

    referral_id: ReferralId
    case_id: CaseId
    case_reference: str
    programme: str
    route: str
    agency: str
    status: Status
    submitted_on: date | None
    acknowledged_on: date | None
    answer: str | None
    answered_on: date | None
    first_contact_on: date | None
    plan_agreed_on: date | None


class Count(Word):
    """How many referrals of an agency have a status."""

    agency: str
    status: Status
    referrals: int


class Reason(Word):
    """How often a reason was given."""

    reason_code: str
    referrals: int


class Waiting(Word):
    """Somebody who is suitable and has no place yet."""

    referral_id: ReferralId
    case_reference: str
    programme: str
    agency: str
    waiting_since: date
    days: int


_PIPELINE: LiteralString = (
    "SELECT referral_id, case_id, case_reference, programme, route, agency, status, submitted_on,"  # noqa: S608 - literals
    " acknowledged_on, answer, answered_on, "
    f"{followed_by.FIRST_CONTACT_ON} AS first_contact_on, {followed_by.PLAN_AGREED_ON} AS plan_agreed_on"
    " FROM referrals r "
)


def counts(connection: AnyConnection) -> list[Count]:
    """Return the pipeline: how many referrals of each agency stand where."""
    return ask(
        connection,
        SCHEMA,
        Count,
        """
        SELECT agency, status, count(*) AS referrals FROM referrals GROUP BY agency, status
        ORDER BY agency, status""",
    )


class Wanted(Narrowed):
    """Which referrals."""

    case_id: CaseId | None = None
    agency: str | None = None
    status: Status | None = None
    since: date | None = None
    """Submitted on this day or later."""
    until: date | None = None


EVERY = Wanted()
_CONDITIONS: Mapping[str, LiteralString] = {
    "case_id": "case_id = %(case_id)s",
    "agency": "agency = %(agency)s",
    "status": "status = %(status)s",
    "since": "submitted_on >= %(since)s",
    "until": "submitted_on <= %(until)s",
}


def pipeline(connection: AnyConnection, wanted: Wanted = EVERY) -> list[Referral]:
    """Return referrals with the day of each step, oldest first."""
    asked, values = wanted.where(_CONDITIONS)
    return ask(
        connection,
        SCHEMA,
        Referral,
        f"{_PIPELINE} WHERE {asked} ORDER BY drafted_on, case_reference, referral_id",
        values | {"on": date.max},
    )


def of_agency(connection: AnyConnection, agency: str) -> list[Referral]:
    """Return an agency's referrals with the day of each step, oldest first."""
    return pipeline(connection, Wanted(agency=agency))


def waiting_list(connection: AnyConnection, today: date) -> list[Waiting]:
    """Return who waits for a place, longest first."""
    return ask(
        connection,
        SCHEMA,
        Waiting,
        """
        SELECT referral_id, case_reference, programme, agency, waitlisted_on AS waiting_since,
               %(today)s - waitlisted_on AS days
        FROM referrals WHERE status = 'waitlisted' ORDER BY waitlisted_on, referral_id""",
        {"today": today},
    )


def decline_reasons(connection: AnyConnection, since: date, until: date) -> list[Reason]:
    """Return why referrals were declined between two days, both included, the commonest reason first."""
    return ask(
        connection,
        SCHEMA,
        Reason,
        """
        SELECT reason_code, count(*) AS referrals FROM referrals
        WHERE answer = 'declined' AND answered_on BETWEEN %(since)s AND %(until)s
        GROUP BY reason_code ORDER BY referrals DESC, reason_code""",
        {"since": since, "until": until},
    )
