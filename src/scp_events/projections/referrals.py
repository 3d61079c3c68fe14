"""Referrals: where each stands, how long it took to get there, who waits, and why some were declined."""

from __future__ import annotations

from datetime import date, datetime

from scp_events.aggregates import irp, participant, referral
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.vocabulary import Event, ParticipantId, ReferralId, Word

NAME = "referrals"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
PERSONAL: dict[str, PersonalColumn] = {}

TABLES = """
    CREATE TABLE referrals (
        referral_id     uuid PRIMARY KEY,
        participant_id  uuid NOT NULL,
        case_reference  text NOT NULL,
        programme       text NOT NULL,
        route           text NOT NULL,
        agency          text NOT NULL,
        referred_by     text NOT NULL,
        status          text NOT NULL,
        eligible        boolean,
        suitability     text,
        drafted_at      timestamptz NOT NULL,
        submitted_at    timestamptz,
        acknowledged_at timestamptz,
        waitlisted_at   timestamptz,
        answer          text,         -- accepted, declined or redirected
        answered_at     timestamptz,
        reason_code     text,         -- of the answer
        redirected_to   text,
        withdrawn_at    timestamptz,
        withdrawn_by    text,
        enrolment_id    uuid
    );
    CREATE INDEX referrals_of_a_participant ON referrals (participant_id);
    CREATE INDEX referrals_of_an_agency ON referrals (agency, status);

    CREATE TABLE contacts (
        contact_id     uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        held           boolean NOT NULL,
        happened_at    timestamptz NOT NULL
    );
    CREATE INDEX contacts_of_a_participant ON contacts (participant_id, happened_at) WHERE held;

    CREATE TABLE plans (
        plan_id        uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        agreed_at      timestamptz    -- when the young person first agreed to it
    );
    CREATE INDEX plans_of_a_participant ON plans (participant_id, agreed_at);

    -- Every referral with what followed it. A contact or an agreement from before it was submitted belongs to
    -- an earlier engagement and is not its fruit.
    CREATE VIEW pipeline AS
    SELECT r.*, contact.first_contact_at, plan.plan_agreed_at
    FROM referrals r
    LEFT JOIN LATERAL (
        SELECT min(c.happened_at) AS first_contact_at FROM contacts c
        WHERE c.participant_id = r.participant_id AND c.held AND c.happened_at >= r.submitted_at
    ) contact ON true
    LEFT JOIN LATERAL (
        SELECT min(p.agreed_at) AS plan_agreed_at FROM plans p
        WHERE p.participant_id = r.participant_id AND p.agreed_at >= r.submitted_at
    ) plan ON true;
"""

ON: On = {
    referral.ReferralDrafted: """
        INSERT INTO referrals (referral_id, participant_id, case_reference, programme, route, agency,
                               referred_by, status, drafted_at)
        VALUES (%(stream_id)s, %(participant_id)s, %(case_reference)s, %(programme)s, %(route)s,
                %(referred_by)s ->> 'organisation', %(referred_by)s ->> 'id', 'draft', %(occurred_at)s)""",
    referral.ReferralCorrected: """
        UPDATE referrals SET programme = %(programme)s, route = %(route)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralSubmitted: """
        UPDATE referrals SET status = 'submitted', submitted_at = %(occurred_at)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralAcknowledged: """
        UPDATE referrals SET status = 'under-review', acknowledged_at = %(occurred_at)s
        WHERE referral_id = %(stream_id)s""",
    referral.InformationRequested: """
        UPDATE referrals SET status = 'information-requested' WHERE referral_id = %(stream_id)s""",
    referral.InformationProvided: """
        UPDATE referrals SET status = 'under-review' WHERE referral_id = %(stream_id)s""",
    referral.EligibilityDetermined: """
        UPDATE referrals SET eligible = %(eligible)s WHERE referral_id = %(stream_id)s""",
    referral.SuitabilityAssessed: """
        UPDATE referrals SET suitability = %(suitability)s WHERE referral_id = %(stream_id)s""",
    referral.ReferralWaitlisted: """
        UPDATE referrals SET status = 'waitlisted', waitlisted_at = %(occurred_at)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralAccepted: """
        UPDATE referrals SET status = 'accepted', answer = 'accepted', answered_at = %(occurred_at)s,
                             reason_code = %(decision_reason_code)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralDeclined: """
        UPDATE referrals SET status = 'declined', answer = 'declined', answered_at = %(occurred_at)s,
                             reason_code = %(decision_reason_code)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralRedirected: """
        UPDATE referrals SET status = 'redirected', answer = 'redirected', answered_at = %(occurred_at)s,
                             reason_code = %(decision_reason_code)s, redirected_to = %(to)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralWithdrawn: """
        UPDATE referrals SET status = 'withdrawn', withdrawn_at = %(occurred_at)s,
                             withdrawn_by = %(withdrawn_by)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralLinked: """
        UPDATE referrals SET status = 'linked', enrolment_id = %(enrolment_id)s
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralClosed: """
        UPDATE referrals SET status = 'closed' WHERE referral_id = %(stream_id)s""",
    participant.ContactRecorded: """
        INSERT INTO contacts (contact_id, participant_id, held, happened_at)
        VALUES (%(event_id)s, %(stream_id)s, %(outcome)s = 'held', %(occurred_at)s)""",
    participant.ContactCorrected: """
        UPDATE contacts SET held = %(outcome)s = 'held', happened_at = %(occurred_at)s
        WHERE contact_id = %(corrects)s""",
    participant.ContactRetracted: """
        DELETE FROM contacts WHERE contact_id = %(corrects)s""",
    irp.IrpDraftStarted: """
        INSERT INTO plans (plan_id, participant_id) VALUES (%(stream_id)s, %(participant_id)s)""",
    irp.IrpAgreedByParticipant: """
        UPDATE plans SET agreed_at = least(agreed_at, %(occurred_at)s) WHERE plan_id = %(stream_id)s""",
}

# --- questions --------------------------------------------------------------------------------------------


class Referral(Word):
    """One referral, and when each step of it was taken."""

    referral_id: ReferralId
    participant_id: ParticipantId
    case_reference: str
    programme: str
    route: str
    agency: str
    status: str
    submitted_at: datetime | None
    acknowledged_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    first_contact_at: datetime | None
    plan_agreed_at: datetime | None


class Count(Word):
    """How many referrals of an agency have a status."""

    agency: str
    status: str
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
    waiting_since: datetime
    days: int


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


def of_agency(connection: AnyConnection, agency: str) -> list[Referral]:
    """Return an agency's referrals with the time of each step, oldest first."""
    return ask(
        connection,
        SCHEMA,
        Referral,
        """
        SELECT referral_id, participant_id, case_reference, programme, route, agency, status, submitted_at,
               acknowledged_at, answer, answered_at, first_contact_at, plan_agreed_at
        FROM pipeline WHERE agency = %(agency)s ORDER BY drafted_at, referral_id""",
        {"agency": agency},
    )


def waiting_list(connection: AnyConnection, today: date) -> list[Waiting]:
    """Return who waits for a place, longest first."""
    return ask(
        connection,
        SCHEMA,
        Waiting,
        """
        SELECT referral_id, case_reference, programme, agency, waitlisted_at AS waiting_since,
               %(today)s - (waitlisted_at AT TIME ZONE 'UTC')::date AS days
        FROM referrals WHERE status = 'waitlisted' ORDER BY waitlisted_at, referral_id""",
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
        WHERE answer = 'declined'
          AND (answered_at AT TIME ZONE 'UTC')::date BETWEEN %(since)s AND %(until)s
        GROUP BY reason_code ORDER BY referrals DESC, reason_code""",
        {"since": since, "until": until},
    )


# --- what it leaves to others -----------------------------------------------------------------------------

IGNORES: frozenset[type[Event]] = frozenset({
    participant.ParticipantRegistered, participant.ParticipantDetailsCorrected, participant.BoundariesAgreed,
    participant.BoundariesDeclined, participant.StoryRecorded, participant.StoryCorrected,
    participant.StoryConfirmed, participant.ParticipantChoiceRecorded, participant.ParticipantChoiceCorrected,
    participant.KeyWorkerAssigned, participant.KeyWorkerChanged, participant.ConsentGiven,
    participant.ConsentWithdrawn, participant.SafeguardingConcernRaised, participant.ConcernCorrected,
    participant.ConcernEscalated, participant.ConcernClosed, participant.AssessmentCompleted,
    participant.AssessmentCorrected, participant.RiskLevelOverridden, participant.ParticipationPaused,
    participant.ParticipationResumed, participant.ParticipantExited, participant.ParticipantReEngaged,
    participant.ParticipantDied, participant.DeathRetracted, participant.IdentityLinked,
    participant.IdentityUnlinked, participant.RecordSealed, participant.LegalHoldPlaced,
    participant.LegalHoldReleased, participant.ErasureRequested, participant.ErasureRefused,
    participant.ErasureApproved,
    participant.PersonalDataErased, participant.AccessOverrideGranted,
    irp.NeedIdentified, irp.NeedCorrected, irp.GoalAdded, irp.GoalRemoved, irp.StepAdded,
    irp.StepStatusChanged, irp.IrpProposed, irp.IrpAgreementDeclined, irp.IrpApproved, irp.IrpStarted,
    irp.GoalProgressRecorded, irp.GoalProgressCorrected, irp.GoalProgressRetracted, irp.GoalAchieved,
    irp.GoalAchievementRetracted, irp.IrpReviewStarted, irp.IrpReviewed, irp.IrpClosed, irp.IrpSuperseded,
})  # fmt: skip
