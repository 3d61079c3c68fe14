"""Caseloads: whom each key worker looks after, how they are doing, and what is due."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, LiteralString

from scp_events.aggregates import irp, participant, referral
from scp_events.aggregates.participant import RiskLevel, Status
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.vocabulary import Event, IrpId, OrganisationId, ParticipantId, PersonId, Word

NAME = "caseload"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
PERSONAL = {"risk_level": PersonalColumn("assessments", "risk_level", "participant_id", "narrative")}

TABLES = """
    CREATE TABLE participants (
        participant_id    uuid PRIMARY KEY,
        case_reference    text NOT NULL,
        key_worker        text,
        organisation      text,             -- of the key worker
        key_worker_since  date,
        boundaries_agreed boolean NOT NULL DEFAULT false,
        story_confirmed   boolean NOT NULL DEFAULT false,
        paused            boolean NOT NULL DEFAULT false,
        exited            boolean NOT NULL DEFAULT false,
        returned          boolean NOT NULL DEFAULT false,
        died              boolean NOT NULL DEFAULT false,
        sealed            boolean NOT NULL DEFAULT false,
        erased            boolean NOT NULL DEFAULT false,
        with_us           boolean GENERATED ALWAYS AS (NOT (exited OR died OR sealed OR erased)) STORED,
        status            text GENERATED ALWAYS AS (
            CASE WHEN exited THEN 'exited'
                 WHEN paused THEN 'paused'
                 WHEN NOT boundaries_agreed THEN CASE WHEN returned THEN 're-engaged' ELSE 'registered' END
                 WHEN key_worker IS NOT NULL AND story_confirmed THEN 'active'
                 ELSE 'engaging' END) STORED
    );
    CREATE INDEX participants_of_a_key_worker ON participants (key_worker) WHERE with_us;
    CREATE INDEX participants_of_an_organisation ON participants (organisation) WHERE with_us;

    CREATE TABLE contacts (
        contact_id     uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        made_by        text NOT NULL,       -- stays with whoever made it, also after a hand-over
        outcome        text NOT NULL,
        held_minutes   integer NOT NULL,
        happened_at    timestamptz NOT NULL
    );
    CREATE INDEX contacts_of_a_participant ON contacts (participant_id);
    CREATE INDEX contacts_of_a_maker ON contacts (made_by, happened_at);

    CREATE TABLE assessments (
        assessment_id  uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        happened_at    timestamptz NOT NULL,
        position       bigint NOT NULL,
        risk_level     text                 -- personal
    );
    CREATE INDEX assessments_of_a_participant ON assessments (participant_id, happened_at, position);

    CREATE TABLE plans (
        plan_id        uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        plan_version   integer NOT NULL,
        status         text NOT NULL DEFAULT 'drafting',
        started        boolean NOT NULL DEFAULT false,
        over           boolean GENERATED ALWAYS AS (status IN ('closed', 'superseded')) STORED,
        next_review_on date
    );
    CREATE INDEX plans_of_a_participant ON plans (participant_id);

    -- One row for everybody, with the latest assessment, and the plan in force or else the latest.
    CREATE VIEW cases AS
    SELECT p.participant_id, p.case_reference, p.key_worker, p.organisation, p.key_worker_since, p.status,
           p.with_us, risk.risk_level, plan.plan_id, plan.status AS plan_status,
           CASE WHEN NOT plan.over THEN plan.next_review_on END AS next_review_on,
           met.last_held_at, met.held_minutes, met.missed_contacts
    FROM participants p
    LEFT JOIN LATERAL (
        SELECT a.risk_level FROM assessments a WHERE a.participant_id = p.participant_id
        ORDER BY a.happened_at DESC, a.position DESC LIMIT 1
    ) risk ON true
    LEFT JOIN LATERAL (
        SELECT * FROM plans i WHERE i.participant_id = p.participant_id
        ORDER BY i.over, i.started DESC, i.plan_version DESC, i.plan_id LIMIT 1
    ) plan ON true
    CROSS JOIN LATERAL (
        SELECT max(c.happened_at) FILTER (WHERE c.outcome = 'held') AS last_held_at,
               coalesce(sum(c.held_minutes), 0)::integer AS held_minutes,
               (count(*) FILTER (WHERE c.outcome = 'did-not-attend'))::integer AS missed_contacts
        FROM contacts c WHERE c.participant_id = p.participant_id
    ) met;
"""

ON: On = {
    # --- taking part
    participant.ParticipantRegistered: """
        INSERT INTO participants (participant_id, case_reference)
        VALUES (%(stream_id)s, %(case_reference)s)""",
    participant.BoundariesAgreed: """
        UPDATE participants SET boundaries_agreed = true WHERE participant_id = %(stream_id)s""",
    participant.BoundariesDeclined: """
        UPDATE participants SET boundaries_agreed = false WHERE participant_id = %(stream_id)s""",
    participant.StoryRecorded: """
        UPDATE participants SET story_confirmed = false WHERE participant_id = %(stream_id)s""",
    participant.StoryCorrected: """
        UPDATE participants SET story_confirmed = false WHERE participant_id = %(stream_id)s""",
    participant.StoryConfirmed: """
        UPDATE participants SET story_confirmed = true WHERE participant_id = %(stream_id)s""",
    participant.ParticipationPaused: """
        UPDATE participants SET paused = true WHERE participant_id = %(stream_id)s""",
    participant.ParticipationResumed: """
        UPDATE participants SET paused = false WHERE participant_id = %(stream_id)s""",
    participant.ParticipantExited: """
        UPDATE participants SET exited = true, paused = false,
                                key_worker = NULL, organisation = NULL, key_worker_since = NULL
        WHERE participant_id = %(stream_id)s""",
    participant.ParticipantReEngaged: """
        UPDATE participants SET exited = false, returned = true, boundaries_agreed = false
        WHERE participant_id = %(stream_id)s""",
    participant.ParticipantDied: """
        UPDATE participants SET died = true WHERE participant_id = %(stream_id)s""",
    participant.DeathRetracted: """
        UPDATE participants SET died = false WHERE participant_id = %(stream_id)s""",
    participant.RecordSealed: """
        UPDATE participants SET sealed = true WHERE participant_id = %(stream_id)s""",
    participant.PersonalDataErased: """
        UPDATE participants SET erased = true WHERE participant_id = %(stream_id)s""",
    # --- key workers
    participant.KeyWorkerAssigned: """
        UPDATE participants SET key_worker = %(key_worker)s ->> 'id',
                                organisation = %(key_worker)s ->> 'organisation',
                                key_worker_since = %(assigned_on)s
        WHERE participant_id = %(stream_id)s""",
    participant.KeyWorkerChanged: """
        UPDATE participants SET key_worker = %(to_key_worker)s ->> 'id',
                                organisation = %(to_key_worker)s ->> 'organisation',
                                key_worker_since = %(changed_on)s
        WHERE participant_id = %(stream_id)s""",
    # --- contacts
    participant.ContactRecorded: """
        INSERT INTO contacts (contact_id, participant_id, made_by, outcome, held_minutes, happened_at)
        VALUES (%(event_id)s, %(stream_id)s, %(made_by)s ->> 'id', %(outcome)s, %(held_minutes)s,
                %(occurred_at)s)""",
    participant.ContactCorrected: """
        UPDATE contacts SET made_by = %(made_by)s ->> 'id', outcome = %(outcome)s,
                            held_minutes = %(held_minutes)s, happened_at = %(occurred_at)s
        WHERE contact_id = %(corrects)s""",
    participant.ContactRetracted: """
        DELETE FROM contacts WHERE contact_id = %(corrects)s""",
    # --- risk
    participant.AssessmentCompleted: """
        INSERT INTO assessments (assessment_id, participant_id, happened_at, position, risk_level)
        VALUES (%(event_id)s, %(stream_id)s, %(occurred_at)s, %(position)s, %(risk_level)s)""",
    participant.AssessmentCorrected: """
        UPDATE assessments SET risk_level = %(risk_level)s, happened_at = %(occurred_at)s
        WHERE assessment_id = %(corrects)s""",
    participant.RiskLevelOverridden: """
        UPDATE assessments SET risk_level = %(risk_level)s WHERE assessment_id = %(assessment_id)s""",
    # --- plans
    irp.IrpDraftStarted: """
        INSERT INTO plans (plan_id, participant_id, plan_version)
        VALUES (%(stream_id)s, %(participant_id)s, %(plan_version)s)""",
    irp.IrpProposed: """
        UPDATE plans SET status = 'proposed' WHERE plan_id = %(stream_id)s""",
    irp.IrpAgreedByParticipant: """
        UPDATE plans SET status = CASE WHEN started THEN 'active' ELSE 'agreed' END
        WHERE plan_id = %(stream_id)s""",
    irp.IrpAgreementDeclined: """
        UPDATE plans SET status = CASE WHEN started THEN 'under-review' ELSE 'drafting' END
        WHERE plan_id = %(stream_id)s""",
    irp.IrpApproved: """
        UPDATE plans SET status = CASE WHEN started THEN 'active' ELSE 'approved' END
        WHERE plan_id = %(stream_id)s""",
    irp.IrpStarted: """
        UPDATE plans SET status = 'active', started = true, next_review_on = %(next_review_on)s
        WHERE plan_id = %(stream_id)s""",
    irp.IrpReviewStarted: """
        UPDATE plans SET status = 'under-review' WHERE plan_id = %(stream_id)s""",
    irp.IrpReviewed: """
        UPDATE plans SET status = CASE %(outcome)s WHEN 'kept' THEN 'active' ELSE 'proposed' END,
                         next_review_on = %(next_review_on)s
        WHERE plan_id = %(stream_id)s""",
    irp.IrpClosed: """
        UPDATE plans SET status = 'closed' WHERE plan_id = %(stream_id)s""",
    irp.IrpSuperseded: """
        UPDATE plans SET status = 'superseded' WHERE plan_id = %(stream_id)s""",
}

# --- questions --------------------------------------------------------------------------------------------


class Case(Word):
    """One young person, by their case reference, as whoever looks after them needs to see it."""

    participant_id: ParticipantId
    case_reference: str
    status: Status
    key_worker: PersonId | None
    key_worker_since: date | None
    risk_level: RiskLevel | Literal["erased"] | None
    """As last assessed; None where nobody has yet."""
    plan_id: IrpId | None
    plan_status: irp.Status | None
    next_review_on: date | None
    review_overdue: bool
    last_held_at: datetime | None
    """When somebody of the programme last met them."""
    held_minutes: int
    missed_contacts: int


class Load(Word):
    """How much one key worker has to look after."""

    key_worker: PersonId
    organisation: OrganisationId
    participants: int
    reviews_overdue: int


class Made(Word):
    """The contacts one person made, whoever is key worker now."""

    made_by: PersonId
    held: int
    held_minutes: int
    missed: int


_CASES: LiteralString = """
    SELECT participant_id, case_reference, status, key_worker, key_worker_since, risk_level, plan_id,
           plan_status, next_review_on, coalesce(next_review_on < %(today)s, false) AS review_overdue,
           last_held_at, held_minutes, missed_contacts
    FROM cases WHERE with_us AND """
_IN_ORDER: LiteralString = " ORDER BY case_reference"


def of_key_worker(connection: AnyConnection, key_worker: PersonId, today: date) -> list[Case]:
    """Return whom a key worker looks after."""
    return ask(
        connection,
        SCHEMA,
        Case,
        _CASES + "key_worker = %(key_worker)s" + _IN_ORDER,
        {"key_worker": key_worker, "today": today},
    )


def of_organisation(connection: AnyConnection, organisation: OrganisationId, today: date) -> list[Case]:
    """Return whom the key workers of an organisation look after."""
    return ask(
        connection,
        SCHEMA,
        Case,
        _CASES + "organisation = %(organisation)s" + _IN_ORDER,
        {"organisation": organisation, "today": today},
    )


def without_key_worker(connection: AnyConnection, today: date) -> list[Case]:
    """Return who is with us and has no key worker."""
    return ask(connection, SCHEMA, Case, _CASES + "key_worker IS NULL" + _IN_ORDER, {"today": today})


def loads(connection: AnyConnection, today: date) -> list[Load]:
    """Return how much each key worker has to look after, the fullest caseload first."""
    return ask(
        connection,
        SCHEMA,
        Load,
        """
        SELECT key_worker, organisation, count(*) AS participants,
               count(*) FILTER (WHERE next_review_on < %(today)s) AS reviews_overdue
        FROM cases WHERE key_worker IS NOT NULL AND with_us
        GROUP BY key_worker, organisation ORDER BY participants DESC, key_worker""",
        {"today": today},
    )


def contacts_made(connection: AnyConnection, since: date, until: date) -> list[Made]:
    """Return what contacts each person made between two days, both included."""
    return ask(
        connection,
        SCHEMA,
        Made,
        """
        SELECT made_by, count(*) FILTER (WHERE outcome = 'held') AS held, sum(held_minutes) AS held_minutes,
               count(*) FILTER (WHERE outcome = 'did-not-attend') AS missed
        FROM contacts WHERE (happened_at AT TIME ZONE 'UTC')::date BETWEEN %(since)s AND %(until)s
        GROUP BY made_by ORDER BY made_by""",
        {"since": since, "until": until},
    )


# --- what it leaves to others -----------------------------------------------------------------------------

IGNORES: frozenset[type[Event]] = frozenset({
    referral.ReferralDrafted, referral.ReferralSubmitted, referral.ReferralAcknowledged,
    referral.InformationRequested, referral.InformationProvided, referral.EligibilityDetermined,
    referral.SuitabilityAssessed, referral.ReferralAccepted, referral.ReferralDeclined,
    referral.ReferralRedirected, referral.ReferralWaitlisted, referral.ReferralWithdrawn,
    referral.ReferralLinked, referral.ReferralClosed, referral.ReferralCorrected,
    participant.ParticipantDetailsCorrected, participant.ParticipantChoiceRecorded,
    participant.ParticipantChoiceCorrected, participant.ConsentGiven, participant.ConsentWithdrawn,
    participant.SafeguardingConcernRaised, participant.ConcernCorrected, participant.ConcernEscalated,
    participant.ConcernClosed, participant.IdentityLinked, participant.IdentityUnlinked,
    participant.LegalHoldPlaced, participant.LegalHoldReleased, participant.ErasureRequested,
    participant.ErasureRefused,
    participant.ErasureApproved, participant.AccessOverrideGranted,
    irp.NeedIdentified, irp.NeedCorrected, irp.GoalAdded, irp.GoalRemoved, irp.StepAdded,
    irp.StepStatusChanged, irp.GoalProgressRecorded, irp.GoalProgressCorrected, irp.GoalProgressRetracted,
    irp.GoalAchieved, irp.GoalAchievementRetracted,
})  # fmt: skip
