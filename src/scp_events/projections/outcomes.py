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

from scp_events.aggregates import engagement, irp, referral
from scp_events.aggregates.engagement.events import EVENTS as OF_ENGAGEMENT
from scp_events.aggregates.irp.events import EVENTS as OF_PLANS
from scp_events.aggregates.irp.events import GoalAchieved, GoalAdded, GoalRemoved, IrpAgreedByParticipant
from scp_events.aggregates.referral.events import EVENTS as OF_REFERRALS
from scp_events.aggregates.referral.events import (
    ReferralAccepted,
    ReferralDeclined,
    ReferralDrafted,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.projections import followed_by
from scp_events.vocabulary import Event, Position, Word

NAME = "outcomes"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
READS = (referral, engagement, irp)
AS_RECORDED = False
PERSONAL: dict[str, PersonalColumn] = {}

TABLES = (
    """
    CREATE TABLE referrals (
        referral_id    uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        programme      text NOT NULL,
        submitted_on   date,
        answer         text,          -- accepted, declined or redirected
        answered_on    date,
        withdrawn_on   date
    );
    CREATE INDEX referrals_of_a_case ON referrals (case_id);
    CREATE INDEX referrals_by_day ON referrals (submitted_on);

    -- A goal as a version of the plan has it; one that the next version takes along under its id is one goal.
    CREATE TABLE goals (
        case_id        uuid NOT NULL,
        goal_id        uuid NOT NULL,
        plan_id        uuid NOT NULL,
        target_date    date NOT NULL,
        added_on       date NOT NULL,
        position       bigint NOT NULL, -- tells which is the later of two of the same day
        agreed_on      date,          -- when the young person agreed to the plan with it: then it is set
        removed_on     date,
        PRIMARY KEY (case_id, goal_id, plan_id)
    );
    CREATE INDEX goals_of_a_plan ON goals (plan_id);

    CREATE TABLE achievements (
        event_id       uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        goal_id        uuid NOT NULL,
        achieved_on    date NOT NULL
    );
    CREATE INDEX achievements_of_a_goal ON achievements (case_id, goal_id);
"""
    + followed_by.TABLES
)

ON: On = {
    **followed_by.ON,
    # --- referrals
    ReferralDrafted: """
        INSERT INTO referrals (referral_id, case_id, programme)
        VALUES (%(stream_id)s, %(case_id)s, %(programme)s)
        ON CONFLICT (referral_id) DO UPDATE SET programme = excluded.programme""",
    ReferralSubmitted: """
        UPDATE referrals SET submitted_on = %(occurred_on)s WHERE referral_id = %(stream_id)s""",
    ReferralAccepted: """
        UPDATE referrals SET answer = 'accepted', answered_on = %(occurred_on)s
        WHERE referral_id = %(stream_id)s""",
    ReferralDeclined: """
        UPDATE referrals SET answer = 'declined', answered_on = %(occurred_on)s
        WHERE referral_id = %(stream_id)s""",
    ReferralRedirected: """
        UPDATE referrals SET answer = 'redirected', answered_on = %(occurred_on)s
        WHERE referral_id = %(stream_id)s""",
    ReferralWithdrawn: """
        UPDATE referrals SET withdrawn_on = %(occurred_on)s WHERE referral_id = %(stream_id)s""",
    # --- goals
    GoalAdded: """
        INSERT INTO goals (case_id, goal_id, plan_id, target_date, added_on, position)
        VALUES (%(case_id)s, %(goal_id)s, %(stream_id)s, %(target_date)s, %(occurred_on)s, %(position)s)
        ON CONFLICT (case_id, goal_id, plan_id) DO UPDATE
        SET target_date = excluded.target_date, removed_on = NULL""",
    GoalRemoved: """
        UPDATE goals SET removed_on = %(occurred_on)s
        WHERE plan_id = %(stream_id)s AND goal_id = %(goal_id)s""",
    IrpAgreedByParticipant: """
        WITH first AS (
            INSERT INTO agreements (plan_id, case_id, agreed_on)
            VALUES (%(stream_id)s, %(case_id)s, %(occurred_on)s) ON CONFLICT (plan_id) DO NOTHING
        )
        UPDATE goals SET agreed_on = %(occurred_on)s
        WHERE plan_id = %(stream_id)s AND removed_on IS NULL AND agreed_on IS NULL""",
    GoalAchieved: """
        INSERT INTO achievements (event_id, case_id, goal_id, achieved_on)
        VALUES (%(event_id)s, %(case_id)s, %(goal_id)s, %(occurred_on)s)""",
}

IGNORES: frozenset[type[Event]] = frozenset({*OF_REFERRALS, *OF_ENGAGEMENT, *OF_PLANS}) - ON.keys()
"""Whatever no figure is made of."""

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
    counts="calendar days of the organisation to the first held contact on or after the day of submission",
    excludes={"not-yet-mature": "submitted less than 28 days before the data date", **_NOT_TAKEN_ON},
    waiting_days=28,
)
AGREED_PLAN = Definition(
    id="days-to-agreed-plan",
    version=1,
    title="Days from a referral's submission to a plan the young person agreed to",
    cohort="accepted referrals by the day they were submitted",
    counts="calendar days of the organisation to the first agreement on or after the day of submission",
    excludes={"not-yet-mature": "submitted less than 84 days before the data date", **_NOT_TAKEN_ON},
    waiting_days=84,
)
GOALS = Definition(
    id="goals-achieved",
    version=1,
    title="Goals that were achieved",
    cohort="goals there were on the data date, by their target date then; a goal is set when the young person"
    " agrees to a plan with it",
    counts="achieved by the data date, of all that were set",
    excludes={
        "not-agreed": "in a draft by the data date, and the young person had not agreed to it",
        "removed": "given up by a decision",
        "not-yet-mature": "the target date is not before the data date",
    },
    waiting_days=1,
)
DEFINITIONS = (CONVERSION, FIRST_CONTACT, AGREED_PLAN, GOALS)

_UNANSWERED: LiteralString = """
    CASE WHEN r.submitted_on + %(waiting_days)s > %(on)s THEN 'not-yet-mature'
         WHEN r.withdrawn_on <= %(on)s THEN 'withdrawn'
         WHEN r.answered_on <= %(on)s THEN NULL
         ELSE 'undecided' END"""
"""Why a referral had no answer that counts on a day; NULL where it had."""

_SUBMITTED: LiteralString = """
    FROM referrals r WHERE r.submitted_on BETWEEN %(since)s AND %(until)s AND r.submitted_on <= %(on)s"""

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
        "SELECT r.referral_id AS id, (r.answer = 'accepted')::integer AS value,"
        + _UNANSWERED
        + " AS excluded"
        + _SUBMITTED,
    )


def days_to_first_contact(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long young people who were taken on waited to be met."""
    return _durations(connection, FIRST_CONTACT, on, cohort, _days_to(followed_by.FIRST_CONTACT_ON))


def days_to_agreed_plan(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long it took until young people who were taken on agreed to a plan of their own."""
    return _durations(connection, AGREED_PLAN, on, cohort, _days_to(followed_by.PLAN_AGREED_ON))


def _days_to(reached_on: LiteralString) -> LiteralString:
    return (
        "SELECT r.referral_id AS id,"
        + reached_on
        + " - r.submitted_on AS value, coalesce("
        + _UNANSWERED
        + ", nullif(r.answer, 'accepted')) AS excluded"
        + _SUBMITTED
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
                       WHERE a.case_id = g.case_id AND a.goal_id = g.goal_id
                         AND a.achieved_on <= %(on)s)::integer AS value,
               CASE WHEN NOT g.agreed THEN 'not-agreed'
                    WHEN g.removed_on <= %(on)s THEN 'removed'
                    WHEN g.target_date + %(waiting_days)s > %(on)s THEN 'not-yet-mature' END AS excluded
        FROM (
            -- As the last version of the plan had it that had it by then.
            SELECT DISTINCT ON (case_id, goal_id) case_id, goal_id, target_date, removed_on,
                   bool_or(agreed_on <= %(on)s) OVER (PARTITION BY case_id, goal_id) IS TRUE AS agreed
            FROM goals WHERE added_on <= %(on)s
            ORDER BY case_id, goal_id, added_on DESC, position DESC
        ) g WHERE g.target_date BETWEEN %(since)s AND %(until)s""",
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
        "SELECT b.position, m.excluded, CASE WHEN m.excluded IS NULL THEN m.value END AS value,"  # noqa: S608 - literals
        " count(m.id) AS people FROM built_from b LEFT JOIN (" + members + ") m ON true GROUP BY 1, 2, 3"
    )
    values = {
        "waiting_days": definition.waiting_days,
        "on": on,
        "since": cohort.since,
        "until": cohort.until,
    }
    return ask(connection, SCHEMA, _Group, question, values)
