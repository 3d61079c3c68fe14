"""Caseloads: whom each key worker looks after, how they are doing, and what is due."""

from __future__ import annotations

from datetime import date
from typing import Literal, LiteralString

from scp_events.aggregates import assessment, engagement, irp, participant, record
from scp_events.aggregates.assessment.events import (
    AssessmentCompleted,
    OverrideWithdrawn,
    RiskLevel,
    RiskLevelOverridden,
)
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    BoundariesDeclined,
    ChoiceRecorded,
    ContactRecorded,
    KeyWorkerAssigned,
    KeyWorkerChanged,
    ParticipantExited,
    ParticipantReEngaged,
    ParticipationPaused,
    ParticipationResumed,
    StoryConfirmed,
    StoryRecorded,
)
from scp_events.aggregates.engagement.rules import Status
from scp_events.aggregates.irp.events import (
    GoalAchieved,
    GoalAdded,
    GoalProgressRecorded,
    GoalRemoved,
    IrpAgreedByParticipant,
    IrpAgreementDeclined,
    IrpApproved,
    IrpClosed,
    IrpDraftStarted,
    IrpProposed,
    IrpReviewed,
    IrpReviewStarted,
    IrpStarted,
    IrpSuperseded,
    NeedIdentified,
    StepAdded,
    StepStatusChanged,
)
from scp_events.aggregates.irp.rules import Status as PlanStatus
from scp_events.aggregates.participant.events import (
    IdentityLinked,
    IdentityLinkProposed,
    IdentityUnlinked,
    IdentityUnlinkProposed,
    ParticipantDied,
    ParticipantRegistered,
)
from scp_events.aggregates.record.events import (
    ErasureApproved,
    ErasureBegun,
    ErasureRefused,
    ErasureRequested,
    LegalHoldPlaced,
    LegalHoldReleased,
    PersonalDataErased,
)
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.vocabulary import CaseId, Event, IrpId, OrganisationId, PersonId, Word

NAME = "caseload"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
READS = (participant, engagement, assessment, irp, record)
AS_RECORDED = False
PERSONAL = {"risk_level": PersonalColumn("judgements", "risk_level", "narrative")}

TABLES = """
    CREATE TABLE participants (
        case_id           uuid PRIMARY KEY,
        case_reference    text,             -- NULL while nobody has registered them
        registered_on     date,
        died              boolean NOT NULL DEFAULT false,
        erased            boolean NOT NULL DEFAULT false
    );

    CREATE TABLE engagements (
        case_id           uuid PRIMARY KEY,
        key_worker        text,
        organisation      text,             -- of the key worker
        key_worker_since  date,
        boundaries_agreed boolean NOT NULL DEFAULT false,
        story_confirmed   boolean NOT NULL DEFAULT false,
        paused            boolean NOT NULL DEFAULT false,
        exited            boolean NOT NULL DEFAULT false,
        returned          boolean NOT NULL DEFAULT false,
        status            text GENERATED ALWAYS AS (
            CASE WHEN exited THEN 'exited'
                 WHEN paused THEN 'paused'
                 WHEN NOT boundaries_agreed THEN CASE WHEN returned THEN 're-engaged' ELSE 'registered' END
                 WHEN key_worker IS NOT NULL AND story_confirmed THEN 'active'
                 ELSE 'engaging' END) STORED
    );
    CREATE INDEX engagements_of_a_key_worker ON engagements (key_worker);
    CREATE INDEX engagements_of_an_organisation ON engagements (organisation);

    CREATE TABLE contacts (
        contact_id        uuid PRIMARY KEY,
        case_id           uuid NOT NULL,
        made_by           text NOT NULL,    -- stays with whoever made it, also after a hand-over
        outcome           text NOT NULL,
        held_minutes      integer NOT NULL,
        happened_on       date NOT NULL
    );
    CREATE INDEX contacts_of_a_case ON contacts (case_id);
    CREATE INDEX contacts_of_a_maker ON contacts (made_by, happened_on);

    CREATE TABLE assessments (
        assessment_id     uuid PRIMARY KEY,
        case_id           uuid NOT NULL,
        completed_at      timestamptz NOT NULL,
        position          bigint NOT NULL   -- tells which is the later of two of the same time
    );
    CREATE INDEX assessments_of_a_case ON assessments (case_id);

    -- What an assessment found, and what somebody judged otherwise, which stands until it is withdrawn.
    CREATE TABLE judgements (
        assessment_id     uuid,
        overriding        boolean,
        case_id           uuid NOT NULL,
        risk_level        text,             -- personal
        PRIMARY KEY (assessment_id, overriding)
    );
    CREATE INDEX judgements_of_a_case ON judgements (case_id);

    CREATE TABLE plans (
        plan_id           uuid PRIMARY KEY,
        case_id           uuid NOT NULL,
        plan_version      integer NOT NULL,
        status            text NOT NULL DEFAULT 'drafting',
        started           boolean NOT NULL DEFAULT false,
        over              boolean GENERATED ALWAYS AS (status IN ('closed', 'superseded')) STORED,
        next_review_on    date
    );
    CREATE INDEX plans_of_a_case ON plans (case_id);

    -- Everybody who was ever registered, with the latest assessment, and the plan in force or else the last.
    CREATE VIEW everybody AS
    SELECT p.case_id, p.case_reference, p.registered_on,
           NOT (p.died OR p.erased OR coalesce(e.exited, false)) AS with_us,
           CASE WHEN p.erased THEN 'erased' WHEN p.died THEN 'died'
                ELSE coalesce(e.status, 'registered') END AS status,
           e.key_worker, e.organisation, e.key_worker_since,
           risk.risk_level, plan.plan_id, plan.status AS plan_status,
           CASE WHEN NOT plan.over THEN plan.next_review_on END AS next_review_on,
           met.last_held_on, met.held_minutes, met.missed_contacts
    FROM participants p
    LEFT JOIN engagements e USING (case_id)
    LEFT JOIN LATERAL (
        SELECT j.risk_level FROM assessments a JOIN judgements j USING (assessment_id)
        WHERE a.case_id = p.case_id
        ORDER BY a.completed_at DESC, a.position DESC, j.overriding DESC LIMIT 1
    ) risk ON true
    LEFT JOIN LATERAL (
        SELECT * FROM plans i WHERE i.case_id = p.case_id
        ORDER BY i.over, i.started DESC, i.plan_version DESC, i.plan_id LIMIT 1
    ) plan ON true
    CROSS JOIN LATERAL (
        SELECT max(c.happened_on) FILTER (WHERE c.outcome = 'held') AS last_held_on,
               coalesce(sum(c.held_minutes), 0)::integer AS held_minutes,
               (count(*) FILTER (WHERE c.outcome = 'did-not-attend'))::integer AS missed_contacts
        FROM contacts c WHERE c.case_id = p.case_id
    ) met
    WHERE p.case_reference IS NOT NULL;

    -- Everybody who is with us.
    CREATE VIEW cases AS SELECT * FROM everybody WHERE with_us;
"""

ON: On = {
    # --- who they are
    ParticipantRegistered: """
        INSERT INTO participants (case_id, case_reference, registered_on)
        VALUES (%(case_id)s, %(case_reference)s, %(occurred_on)s)
        ON CONFLICT (case_id) DO UPDATE SET
            case_reference = excluded.case_reference, registered_on = excluded.registered_on""",
    ParticipantDied: """
        INSERT INTO participants (case_id, died) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET died = true""",
    PersonalDataErased: """
        INSERT INTO participants (case_id, erased) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET erased = true""",
    # --- taking part
    BoundariesAgreed: """
        INSERT INTO engagements (case_id, boundaries_agreed) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET boundaries_agreed = true""",
    BoundariesDeclined: """
        INSERT INTO engagements (case_id) VALUES (%(case_id)s)
        ON CONFLICT (case_id) DO UPDATE SET boundaries_agreed = false""",
    StoryRecorded: """
        INSERT INTO engagements (case_id) VALUES (%(case_id)s)
        ON CONFLICT (case_id) DO UPDATE SET story_confirmed = false""",
    StoryConfirmed: """
        INSERT INTO engagements (case_id, story_confirmed) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET story_confirmed = true""",
    ParticipationPaused: """
        INSERT INTO engagements (case_id, paused) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET paused = true""",
    ParticipationResumed: """
        INSERT INTO engagements (case_id) VALUES (%(case_id)s)
        ON CONFLICT (case_id) DO UPDATE SET paused = false""",
    ParticipantExited: """
        INSERT INTO engagements (case_id, exited) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET exited = true, paused = false,
            key_worker = NULL, organisation = NULL, key_worker_since = NULL""",
    ParticipantReEngaged: """
        INSERT INTO engagements (case_id, returned) VALUES (%(case_id)s, true)
        ON CONFLICT (case_id) DO UPDATE SET exited = false, returned = true, boundaries_agreed = false""",
    # --- key workers
    KeyWorkerAssigned: """
        INSERT INTO engagements (case_id, key_worker, organisation, key_worker_since)
        VALUES (%(case_id)s, %(key_worker)s ->> 'id', %(key_worker)s ->> 'organisation', %(occurred_on)s)
        ON CONFLICT (case_id) DO UPDATE SET key_worker = excluded.key_worker,
            organisation = excluded.organisation, key_worker_since = excluded.key_worker_since""",
    KeyWorkerChanged: """
        INSERT INTO engagements (case_id, key_worker, organisation, key_worker_since)
        VALUES (%(case_id)s, %(to_key_worker)s ->> 'id', %(to_key_worker)s ->> 'organisation',
                %(occurred_on)s)
        ON CONFLICT (case_id) DO UPDATE SET key_worker = excluded.key_worker,
            organisation = excluded.organisation, key_worker_since = excluded.key_worker_since""",
    # --- contacts
    ContactRecorded: """
        INSERT INTO contacts (contact_id, case_id, made_by, outcome, held_minutes, happened_on)
        VALUES (%(event_id)s, %(case_id)s, %(made_by)s ->> 'id', %(outcome)s, %(held_minutes)s,
                %(occurred_on)s)""",
    # --- risk
    AssessmentCompleted: """
        WITH completed AS (
            INSERT INTO assessments (assessment_id, case_id, completed_at, position)
            VALUES (%(stream_id)s, %(case_id)s, %(occurred_at)s, %(position)s)
            ON CONFLICT (assessment_id) DO UPDATE
            SET completed_at = excluded.completed_at, position = excluded.position
        )
        INSERT INTO judgements (assessment_id, overriding, case_id, risk_level)
        VALUES (%(stream_id)s, false, %(case_id)s, %(risk_level)s)
        ON CONFLICT (assessment_id, overriding) DO UPDATE SET risk_level = excluded.risk_level""",
    RiskLevelOverridden: """
        INSERT INTO judgements (assessment_id, overriding, case_id, risk_level)
        VALUES (%(stream_id)s, true, %(case_id)s, %(risk_level)s)
        ON CONFLICT (assessment_id, overriding) DO UPDATE SET risk_level = excluded.risk_level""",
    OverrideWithdrawn: """
        DELETE FROM judgements WHERE assessment_id = %(stream_id)s AND overriding""",
    # --- plans
    IrpDraftStarted: """
        INSERT INTO plans (plan_id, case_id, plan_version)
        VALUES (%(stream_id)s, %(case_id)s, %(plan_version)s)
        ON CONFLICT (plan_id) DO UPDATE SET plan_version = excluded.plan_version, status = excluded.status""",
    IrpProposed: """
        UPDATE plans SET status = 'proposed' WHERE plan_id = %(stream_id)s""",
    IrpAgreedByParticipant: """
        UPDATE plans SET status = CASE WHEN started THEN 'active' ELSE 'agreed' END
        WHERE plan_id = %(stream_id)s""",
    IrpAgreementDeclined: """
        UPDATE plans SET status = CASE WHEN started THEN 'under-review' ELSE 'drafting' END
        WHERE plan_id = %(stream_id)s""",
    IrpApproved: """
        UPDATE plans SET status = CASE WHEN started THEN 'active' ELSE 'approved' END
        WHERE plan_id = %(stream_id)s""",
    IrpStarted: """
        UPDATE plans SET status = 'active', started = true, next_review_on = %(next_review_on)s
        WHERE plan_id = %(stream_id)s""",
    IrpReviewStarted: """
        UPDATE plans SET status = 'under-review' WHERE plan_id = %(stream_id)s""",
    IrpReviewed: """
        UPDATE plans SET status = CASE %(outcome)s WHEN 'kept' THEN 'active' ELSE 'proposed' END,
                         next_review_on = %(next_review_on)s
        WHERE plan_id = %(stream_id)s""",
    IrpClosed: """
        UPDATE plans SET status = 'closed' WHERE plan_id = %(stream_id)s""",
    IrpSuperseded: """
        UPDATE plans SET status = 'superseded' WHERE plan_id = %(stream_id)s""",
}

IGNORES: frozenset[type[Event]] = frozenset({
    IdentityLinkProposed, IdentityLinked, IdentityUnlinkProposed, IdentityUnlinked, ChoiceRecorded,
    NeedIdentified, GoalAdded, GoalRemoved, StepAdded, StepStatusChanged, GoalProgressRecorded, GoalAchieved,
    LegalHoldPlaced, LegalHoldReleased, ErasureRequested, ErasureRefused, ErasureApproved, ErasureBegun,
})  # fmt: skip

# --- questions --------------------------------------------------------------------------------------------


class Case(Word):
    """One young person, by their case reference, as whoever looks after them needs to see it."""

    case_id: CaseId
    case_reference: str
    status: Status
    key_worker: PersonId | None
    key_worker_since: date | None
    risk_level: RiskLevel | Literal["erased"] | None
    """As last assessed; None where nobody has yet."""
    plan_id: IrpId | None
    plan_status: PlanStatus | None
    next_review_on: date | None
    review_overdue: bool
    last_held_on: date | None
    """When somebody of the programme last met them."""
    held_minutes: int
    missed_contacts: int


class Registered(Word):
    """One young person who was ever registered, and how their case stands."""

    case_id: CaseId
    status: Status | Literal["died", "erased"]
    key_worker: PersonId | None
    key_worker_since: date | None
    registered_on: date
    last_held_on: date | None
    next_review_on: date | None


class Load(Word):
    """How much one key worker has to look after."""

    key_worker: PersonId
    organisation: OrganisationId
    """The one they were last named as key worker for."""
    participants: int
    over_capacity: bool
    """Whether that is more than the rules say one person can look after."""
    reviews_overdue: int


class Made(Word):
    """The contacts one person made, whoever is key worker now."""

    made_by: PersonId
    held: int
    held_minutes: int
    missed: int


_CASES: LiteralString = """
    SELECT case_id, case_reference, status, key_worker, key_worker_since, risk_level, plan_id,
           plan_status, next_review_on, coalesce(next_review_on < %(today)s, false) AS review_overdue,
           last_held_on, held_minutes, missed_contacts
    FROM cases WHERE """
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


def everybody(connection: AnyConnection) -> list[Registered]:
    """Return who was ever registered, also those who are not with us any more."""
    return ask(
        connection,
        SCHEMA,
        Registered,
        """
        SELECT case_id, status, key_worker, key_worker_since, registered_on, last_held_on, next_review_on
        FROM everybody ORDER BY case_reference""",
    )


def people(connection: AnyConnection) -> list[str]:
    """Return everybody who is key worker of somebody, or made a contact, by their codes."""
    found = ask(
        connection,
        SCHEMA,
        _Coded,
        """
        SELECT key_worker AS code FROM engagements WHERE key_worker IS NOT NULL
        UNION SELECT made_by FROM contacts ORDER BY code""",
    )
    return [each.code for each in found]


class _Coded(Word):
    code: str


def loads(connection: AnyConnection, today: date, capacity: int) -> list[Load]:
    """Return how much each key worker has to look after, the fullest caseload first.

    `capacity` is how many young people a policy says are not too many.

    Who is theirs are the young people who are with us and have them as key worker now.
    """
    return ask(
        connection,
        SCHEMA,
        Load,
        """
        SELECT key_worker, (array_agg(organisation ORDER BY key_worker_since DESC))[1] AS organisation,
               count(*) AS participants, count(*) > %(capacity)s AS over_capacity,
               count(*) FILTER (WHERE next_review_on < %(today)s) AS reviews_overdue
        FROM cases WHERE key_worker IS NOT NULL
        GROUP BY key_worker ORDER BY participants DESC, key_worker""",
        {"today": today, "capacity": capacity},
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
        FROM contacts WHERE happened_on BETWEEN %(since)s AND %(until)s
        GROUP BY made_by ORDER BY made_by""",
        {"since": since, "until": until},
    )
