"""Outcomes: figures that can be defended.

A figure is never shown without the definition it follows, the data it was made from, how many it speaks of
and who was left out. Somebody whose waiting time is not over is *not yet mature*: left out whatever has
happened already, for the quick answers come first and would flatter the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString

from scp_events.aggregates import irp, participant, referral
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.vocabulary import Event, Position, Word

NAME = "outcomes"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
PERSONAL: dict[str, PersonalColumn] = {}

TABLES = """
    CREATE TABLE referrals (
        referral_id    uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        programme      text NOT NULL,
        submitted_on   date,
        answer         text,          -- accepted, declined or redirected
        answered_on    date,
        withdrawn_on   date
    );
    CREATE INDEX referrals_by_day ON referrals (submitted_on);

    CREATE TABLE contacts (
        contact_id     uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        held           boolean NOT NULL,
        happened_on    date NOT NULL
    );
    CREATE INDEX contacts_of_a_participant ON contacts (participant_id, happened_on) WHERE held;

    CREATE TABLE plans (
        plan_id        uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        agreed_on      date           -- when the young person first agreed to it
    );
    CREATE INDEX plans_of_a_participant ON plans (participant_id, agreed_on);

    -- A goal that a plan's next version takes along under the same id is one goal.
    CREATE TABLE goals (
        participant_id uuid NOT NULL,
        goal_id        uuid NOT NULL,
        plan_id        uuid NOT NULL, -- the last version that has it
        target_date    date NOT NULL,
        agreed_on      date,          -- when the young person first agreed to a plan with it: then it is set
        removed_on     date,
        PRIMARY KEY (participant_id, goal_id)
    );
    CREATE INDEX goals_of_a_plan ON goals (plan_id);

    CREATE TABLE achievements (
        event_id       uuid PRIMARY KEY,
        participant_id uuid NOT NULL,
        goal_id        uuid NOT NULL,
        achieved_on    date NOT NULL
    );
    CREATE INDEX achievements_of_a_goal ON achievements (participant_id, goal_id);

    CREATE FUNCTION day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE
        RETURN (moment AT TIME ZONE 'UTC')::date;

    -- Why a referral had no answer that counts on a day; NULL where it had.
    CREATE FUNCTION unanswered(r referrals, data_date date, waiting_days integer) RETURNS text
        LANGUAGE sql STABLE
        RETURN CASE WHEN r.submitted_on + waiting_days > data_date THEN 'not-yet-mature'
                    WHEN r.withdrawn_on <= data_date THEN 'withdrawn'
                    WHEN r.answered_on <= data_date THEN NULL
                    ELSE 'undecided' END;
"""

ON: On = {
    # --- referrals
    referral.ReferralDrafted: """
        INSERT INTO referrals (referral_id, participant_id, programme)
        VALUES (%(stream_id)s, %(participant_id)s, %(programme)s)""",
    referral.ReferralCorrected: """
        UPDATE referrals SET programme = %(programme)s WHERE referral_id = %(stream_id)s""",
    referral.ReferralSubmitted: """
        UPDATE referrals SET submitted_on = day(%(occurred_at)s) WHERE referral_id = %(stream_id)s""",
    referral.ReferralAccepted: """
        UPDATE referrals SET answer = 'accepted', answered_on = day(%(occurred_at)s)
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralDeclined: """
        UPDATE referrals SET answer = 'declined', answered_on = day(%(occurred_at)s)
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralRedirected: """
        UPDATE referrals SET answer = 'redirected', answered_on = day(%(occurred_at)s)
        WHERE referral_id = %(stream_id)s""",
    referral.ReferralWithdrawn: """
        UPDATE referrals SET withdrawn_on = day(%(occurred_at)s) WHERE referral_id = %(stream_id)s""",
    # --- contacts
    participant.ContactRecorded: """
        INSERT INTO contacts (contact_id, participant_id, held, happened_on)
        VALUES (%(event_id)s, %(stream_id)s, %(outcome)s = 'held', day(%(occurred_at)s))""",
    participant.ContactCorrected: """
        UPDATE contacts SET held = %(outcome)s = 'held', happened_on = day(%(occurred_at)s)
        WHERE contact_id = %(corrects)s""",
    participant.ContactRetracted: """
        DELETE FROM contacts WHERE contact_id = %(corrects)s""",
    # --- plans and goals
    irp.IrpDraftStarted: """
        INSERT INTO plans (plan_id, participant_id) VALUES (%(stream_id)s, %(participant_id)s)""",
    irp.GoalAdded: """
        INSERT INTO goals (participant_id, goal_id, plan_id, target_date)
        SELECT participant_id, %(goal_id)s, plan_id, %(target_date)s FROM plans WHERE plan_id = %(stream_id)s
        ON CONFLICT (participant_id, goal_id) DO UPDATE SET
            plan_id = excluded.plan_id, target_date = excluded.target_date, removed_on = NULL""",
    irp.GoalRemoved: """
        UPDATE goals SET removed_on = day(%(occurred_at)s)
        WHERE plan_id = %(stream_id)s AND goal_id = %(goal_id)s""",
    irp.IrpAgreedByParticipant: """
        WITH agreed AS (
            UPDATE plans SET agreed_on = least(agreed_on, day(%(occurred_at)s)) WHERE plan_id = %(stream_id)s
        )
        UPDATE goals SET agreed_on = least(agreed_on, day(%(occurred_at)s))
        WHERE plan_id = %(stream_id)s AND removed_on IS NULL""",
    irp.GoalAchieved: """
        INSERT INTO achievements (event_id, participant_id, goal_id, achieved_on)
        SELECT %(event_id)s, participant_id, %(goal_id)s, day(%(occurred_at)s)
        FROM plans WHERE plan_id = %(stream_id)s""",
    irp.GoalAchievementRetracted: """
        DELETE FROM achievements WHERE event_id = %(corrects)s""",
}

# --- definitions ------------------------------------------------------------------------------------------


class Definition(Word):
    """What a figure means. A definition never changes; another one has another version."""

    id: str
    version: int
    title: str
    cohort: str
    counts: str
    excludes: Mapping[str, str]
    """Each reason to be left out, and what it means. The first that fits is given."""
    waiting_days: int
    """How long after the index date somebody becomes mature."""


_NOT_TAKEN_ON = {
    "withdrawn": "taken back before there was an answer",
    "undecided": "mature, and without an answer",
    "declined": "the programme said no",
    "redirected": "sent on to another service",
}

CONVERSION = Definition(
    id="referral-conversion",
    version=1,
    title="Referrals that were accepted",
    cohort="referrals by the day they were submitted",
    counts="accepted, of those accepted, declined or redirected",
    excludes={
        "not-yet-mature": "submitted less than 28 days before the data date",
        "withdrawn": _NOT_TAKEN_ON["withdrawn"],
        "undecided": _NOT_TAKEN_ON["undecided"],
    },
    waiting_days=28,
)
FIRST_CONTACT = Definition(
    id="days-to-first-contact",
    version=1,
    title="Days from a referral's submission to the first contact held",
    cohort="accepted referrals by the day they were submitted",
    counts="whole days, UTC, to the first held contact on or after the day of submission",
    excludes={"not-yet-mature": "submitted less than 28 days before the data date", **_NOT_TAKEN_ON},
    waiting_days=28,
)
AGREED_PLAN = Definition(
    id="days-to-agreed-plan",
    version=1,
    title="Days from a referral's submission to a plan the young person agreed to",
    cohort="accepted referrals by the day they were submitted",
    counts="whole days, UTC, to the first agreement on or after the day of submission",
    excludes={"not-yet-mature": "submitted less than 84 days before the data date", **_NOT_TAKEN_ON},
    waiting_days=84,
)
GOALS = Definition(
    id="goals-achieved",
    version=1,
    title="Goals that were achieved",
    cohort="goals by their target date; a goal is set when the young person agrees to a plan with it",
    counts="achieved by the data date, of all that were set",
    excludes={
        "not-agreed": "in a draft the young person has not agreed to",
        "removed": "given up by a decision",
        "not-yet-mature": "the target date is not before the data date",
    },
    waiting_days=1,
)
DEFINITIONS = (CONVERSION, FIRST_CONTACT, AGREED_PLAN, GOALS)

# --- questions --------------------------------------------------------------------------------------------


class Cutoff(Word):
    """What a figure was made from: the log up to a position, and the world up to the end of a day."""

    position: Position
    on: date


class Period(Word):
    """The index dates of a cohort, both ends included."""

    since: date = date.min
    until: date = date.max


EVER = Period()


class Figure(Word):
    """What every figure says of itself."""

    definition_id: str
    definition_version: int
    data_cutoff: Cutoff
    cohort: Period
    n: int
    """How many it speaks of."""
    excluded: Mapping[str, int]
    """How many of the cohort were left out, by reason."""


class Rate(Figure):
    """A part of a whole, exactly. The denominator is `n`."""

    numerator: int
    denominator: int
    rounded: Decimal | None
    """The fraction to four places; None where there is nobody to speak of."""


class Durations(Figure):
    """How long it took. Who is not there yet counts as longer than anybody who is."""

    reached: int
    not_yet: int
    median_days: int | None
    """None where that many are not there yet, or there is nobody to speak of; so for every percentile."""
    percentiles: Mapping[int, int | None]


def referral_conversion(connection: AnyConnection, on: date, cohort: Period = EVER) -> Rate:
    """Return which part of the referrals that were answered was accepted."""
    return _rate(
        connection,
        CONVERSION,
        on,
        cohort,
        """
        SELECT r.referral_id AS id, (r.answer = 'accepted')::integer AS value,
               unanswered(r, %(on)s, %(waiting_days)s) AS excluded
        FROM referrals r WHERE r.submitted_on BETWEEN %(since)s AND %(until)s AND r.submitted_on <= %(on)s""",
    )


def days_to_first_contact(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long young people who were taken on waited to be met."""
    return _durations(
        connection,
        FIRST_CONTACT,
        on,
        cohort,
        """
        SELECT r.referral_id AS id,
               (SELECT min(c.happened_on) FROM contacts c
                WHERE c.participant_id = r.participant_id AND c.held
                  AND c.happened_on BETWEEN r.submitted_on AND %(on)s) - r.submitted_on AS value,
               coalesce(unanswered(r, %(on)s, %(waiting_days)s), nullif(r.answer, 'accepted')) AS excluded
        FROM referrals r WHERE r.submitted_on BETWEEN %(since)s AND %(until)s AND r.submitted_on <= %(on)s""",
    )


def days_to_agreed_plan(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long it took until young people who were taken on agreed to a plan of their own."""
    return _durations(
        connection,
        AGREED_PLAN,
        on,
        cohort,
        """
        SELECT r.referral_id AS id,
               (SELECT min(p.agreed_on) FROM plans p
                WHERE p.participant_id = r.participant_id
                  AND p.agreed_on BETWEEN r.submitted_on AND %(on)s) - r.submitted_on AS value,
               coalesce(unanswered(r, %(on)s, %(waiting_days)s), nullif(r.answer, 'accepted')) AS excluded
        FROM referrals r WHERE r.submitted_on BETWEEN %(since)s AND %(until)s AND r.submitted_on <= %(on)s""",
    )


def goals_achieved(connection: AnyConnection, on: date, cohort: Period = EVER) -> Rate:
    """Return which part of the goals that were set, and whose time has come, was achieved."""
    return _rate(
        connection,
        GOALS,
        on,
        cohort,
        """
        SELECT g.goal_id AS id,
               EXISTS (SELECT FROM achievements a
                       WHERE a.participant_id = g.participant_id AND a.goal_id = g.goal_id
                         AND a.achieved_on <= %(on)s)::integer AS value,
               CASE WHEN g.agreed_on <= %(on)s THEN
                        CASE WHEN g.removed_on <= %(on)s THEN 'removed'
                             WHEN g.target_date + %(waiting_days)s > %(on)s THEN 'not-yet-mature' END
                    ELSE 'not-agreed' END AS excluded
        FROM goals g WHERE g.target_date BETWEEN %(since)s AND %(until)s""",
    )


# --- how --------------------------------------------------------------------------------------------------

PERCENTILES = (25, 50, 75, 90)


class _Group(Word):
    """So many of a cohort were left out for one reason, or count with one value."""

    position: Position
    excluded: str | None
    value: int | None
    people: int


def _rate(
    connection: AnyConnection, definition: Definition, on: date, cohort: Period, members: LiteralString
) -> Rate:
    groups = _groups(connection, definition, on, cohort, members)
    counted = [group for group in groups if group.excluded is None]
    n = sum(group.people for group in counted)
    numerator = sum(group.people for group in counted if group.value == 1)
    return Rate(
        **_figure(definition, on, cohort, groups),
        numerator=numerator,
        denominator=n,
        rounded=(Decimal(numerator) / n).quantize(Decimal("0.0001")) if n else None,
    )


def _durations(
    connection: AnyConnection, definition: Definition, on: date, cohort: Period, members: LiteralString
) -> Durations:
    groups = _groups(connection, definition, on, cohort, members)
    counted = [group for group in groups if group.excluded is None]
    days = sorted(day for g in counted if g.value is not None for day in [g.value] * g.people)
    n = sum(group.people for group in counted)
    percentiles = {percent: _percentile(days, n, percent) for percent in PERCENTILES}
    return Durations(
        **_figure(definition, on, cohort, groups),
        reached=len(days),
        not_yet=n - len(days),
        median_days=percentiles[50],
        percentiles=percentiles,
    )


def _percentile(days: Sequence[int], n: int, percent: int) -> int | None:
    """Return the nearest rank: the fewest days within which so many percent of all `n` were there."""
    rank = -(-n * percent // 100)
    return days[rank - 1] if 0 < rank <= len(days) else None


def _figure(definition: Definition, on: date, cohort: Period, groups: Sequence[_Group]) -> dict[str, Any]:
    excluded = dict.fromkeys(definition.excludes, 0)
    for group in groups:
        if group.excluded is not None:
            excluded[group.excluded] += group.people
    return {
        "definition_id": definition.id,
        "definition_version": definition.version,
        "data_cutoff": Cutoff(position=groups[0].position, on=on),
        "cohort": cohort,
        "n": sum(group.people for group in groups if group.excluded is None),
        "excluded": excluded,
    }


def _groups(
    connection: AnyConnection, definition: Definition, on: date, cohort: Period, members: LiteralString
) -> list[_Group]:
    """Return the cohort in groups, with the position they were built from: one statement, so they agree.

    An empty cohort is one group of nobody.
    """
    question: LiteralString = (
        "SELECT c.position, m.excluded, CASE WHEN m.excluded IS NULL THEN m.value END AS value,"  # noqa: S608 - literals
        " count(m.id) AS people FROM follower.checkpoints c LEFT JOIN (" + members + ") m ON true"
        " WHERE c.name = %(name)s AND c.version = %(version)s GROUP BY 1, 2, 3"
    )
    values = {"name": NAME, "version": VERSION, "waiting_days": definition.waiting_days, "on": on}
    return ask(connection, SCHEMA, _Group, question, values | {"since": cohort.since, "until": cohort.until})


# --- what it leaves to others -----------------------------------------------------------------------------

IGNORES: frozenset[type[Event]] = frozenset({
    referral.ReferralAcknowledged, referral.InformationRequested, referral.InformationProvided,
    referral.EligibilityDetermined, referral.SuitabilityAssessed, referral.ReferralWaitlisted,
    referral.ReferralLinked, referral.ReferralClosed,
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
    irp.NeedIdentified, irp.NeedCorrected, irp.StepAdded, irp.StepStatusChanged, irp.IrpProposed,
    irp.IrpAgreementDeclined, irp.IrpApproved, irp.IrpStarted, irp.GoalProgressRecorded,
    irp.GoalProgressCorrected, irp.GoalProgressRetracted, irp.IrpReviewStarted, irp.IrpReviewed,
    irp.IrpClosed, irp.IrpSuperseded,
})  # fmt: skip
