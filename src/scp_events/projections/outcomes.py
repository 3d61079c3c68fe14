"""What became of referrals, goals, enrolments, people: the cohorts that figures are made of.

Each member of a cohort has a value, or the reason why it is left out.

Somebody whose waiting time is not over is *not yet mature*: left out whatever has happened already, for the
quick answers come first and would flatter the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, LiteralString, TypeAlias

from scp_events.aggregates import (
    engagement,
    enrolment,
    feedback,
    irp,
    match,
    observation,
    offence,
    participant,
    referral,
    sanction,
    support,
)
from scp_events.aggregates.irp.events import GoalAchieved, GoalAdded, GoalRemoved, IrpAgreedByParticipant
from scp_events.aggregates.referral.events import (
    ReferralAccepted,
    ReferralDeclined,
    ReferralDrafted,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from scp_events.follower import AnyConnection, On, ask, schema_of
from scp_events.projections import (
    enrolled,
    followed_by,
    matched,
    reoffended,
    sanctioned,
    satisfied,
    supported,
)
from scp_events.vocabulary import Event, Position, Word

NAME = "outcomes"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
READS = (
    referral, engagement, irp, enrolment, participant, offence, observation, sanction, support, match,
    feedback,
)  # fmt: skip
AS_RECORDED = False
PERSONAL = supported.PERSONAL | satisfied.PERSONAL | matched.PERSONAL

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
    + enrolled.TABLES
    + reoffended.TABLES
    + sanctioned.TABLES
    + supported.TABLES
    + satisfied.TABLES
    + matched.TABLES
)

ON: On = {
    **followed_by.ON,
    **enrolled.ON,
    **reoffended.ON,
    **sanctioned.ON,
    **supported.ON,
    **satisfied.ON,
    **matched.ON,
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

IGNORES: frozenset[type[Event]] = frozenset(event for read in READS for event in read.EVENTS) - ON.keys()
"""Whatever no figure is made of."""

# --- questions --------------------------------------------------------------------------------------------


class Cohort(Word):
    """Whose index date lies in a period, both ends included, as of the end of a day."""

    since: date
    until: date
    on: date
    waiting_days: int
    """How long after the index date, or after the follow-up, somebody becomes mature."""
    follow_up_days: int = 0
    disposals: tuple[str, ...] = ()
    """Which disposals of an offence count."""


By: TypeAlias = Literal["programme", "dose", "year", "respondent", "factor"] | None
"""By what a cohort is divided into strata; None leaves it whole."""
_STRATA: Mapping[str, LiteralString] = {
    "programme": "m.by_programme",
    "dose": "m.by_dose",
    "year": "m.by_year",
    "respondent": "m.by_respondent",
    "factor": "m.by_factor",
}


class Group(Word):
    """So many of a cohort, or of a stratum of it, were left out for one reason, or count with one value."""

    position: Position
    """The log up to here is what they were built from."""
    excluded: str | None
    value: int | None
    people: int
    stratum: str | None = None


_UNANSWERED: LiteralString = """
    CASE WHEN r.submitted_on + %(waiting_days)s > %(on)s THEN 'not-yet-mature'
         WHEN r.withdrawn_on <= %(on)s THEN 'withdrawn'
         WHEN r.answered_on <= %(on)s THEN NULL
         ELSE 'undecided' END"""
"""Why a referral had no answer that counts on a day; NULL where it had."""

_SUBMITTED: LiteralString = """
    FROM referrals r WHERE r.submitted_on BETWEEN %(since)s AND %(until)s AND r.submitted_on <= %(on)s"""


def answered(connection: AnyConnection, cohort: Cohort) -> list[Group]:
    """Return the referrals that were submitted: 1 for one that was accepted."""
    return _groups(
        connection,
        cohort,
        "SELECT r.referral_id AS id, (r.answer = 'accepted')::integer AS value,"
        + _UNANSWERED
        + " AS excluded"
        + _SUBMITTED,
    )


def met(connection: AnyConnection, cohort: Cohort) -> list[Group]:
    """Return the referrals that were accepted: the days from submission to the first contact held."""
    return _groups(connection, cohort, _days_to(followed_by.FIRST_CONTACT_ON))


def agreed(connection: AnyConnection, cohort: Cohort) -> list[Group]:
    """Return the referrals that were accepted: the days from submission to the first plan agreed to."""
    return _groups(connection, cohort, _days_to(followed_by.PLAN_AGREED_ON))


def _days_to(reached_on: LiteralString) -> LiteralString:
    return (
        "SELECT r.referral_id AS id,"
        + reached_on
        + " - r.submitted_on AS value, coalesce("
        + _UNANSWERED
        + ", nullif(r.answer, 'accepted')) AS excluded"
        + _SUBMITTED
    )


def goals(connection: AnyConnection, cohort: Cohort) -> list[Group]:
    """Return the goals there were, by their target date: 1 for one that was achieved."""
    return _groups(
        connection,
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


# --- programmes -------------------------------------------------------------------------------------------


def completed(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody who was enrolled: 1 for who completed the programme."""
    return _groups(connection, cohort, enrolled.COMPLETED, by)


# --- reoffending ------------------------------------------------------------------------------------------


def reoffended_since_concluding(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody whose enrolment was completed or ended: how many reoffences were proven."""
    return _groups(connection, cohort, reoffended.since(enrolled.CONCLUDED), by)


def reoffended_since_completing(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody who completed a programme: how many reoffences were proven."""
    return _groups(connection, cohort, reoffended.since(enrolled.COMPLETERS), by)


def reoffended_since_a_sanction(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody on whom a sanction was imposed: how many reoffences were proven."""
    return _groups(connection, cohort, reoffended.since(sanctioned.IMPOSED), by)


def discharged(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return the sanctions that were imposed: 1 for one that was discharged successfully."""
    return _groups(connection, cohort, sanctioned.DISCHARGED, by)


# --- living -----------------------------------------------------------------------------------------------


def helped_with_work(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody for whom support with work was opened, once a year."""
    return _groups(connection, cohort, supported.HELPED_WITH_WORK, by)


def found_work(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody by how they stood in work and education at first: 1 for who gained."""
    return _groups(connection, cohort, supported.WORK_FOUND, by)


def found_home(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody by where they lived at first: 1 for who gained a home."""
    return _groups(connection, cohort, supported.HOME_FOUND, by)


def owe_less(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return everybody by what they owed at first: 1 for who owes less."""
    return _groups(connection, cohort, supported.DEBT_REDUCED, by)


# --- people together --------------------------------------------------------------------------------------


def satisfied_with_it(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return the answers there are: 1 for one beyond the middle of its scale."""
    return _groups(connection, cohort, satisfied.SATISFIED, by)


def matches_ended(connection: AnyConnection, cohort: Cohort, by: By = None) -> list[Group]:
    """Return the matches that are over: 1 for one that was completed; by factor, once for each."""
    return _groups(connection, cohort, matched.ENDED_BY_FACTOR if by else matched.ENDED, by)


# --- how --------------------------------------------------------------------------------------------------


def _groups(connection: AnyConnection, cohort: Cohort, members: LiteralString, by: By = None) -> list[Group]:
    """Return the cohort in groups, with the position they were built from: one statement, so they agree.

    An empty cohort is one group of nobody.
    """
    stratum: LiteralString = "NULL::text" if by is None else _STRATA[by]
    question: LiteralString = (
        "SELECT b.position, m.excluded, CASE WHEN m.excluded IS NULL THEN m.value END AS value, "  # noqa: S608 - literals
        + stratum
        + " AS stratum, count(m.id) AS people FROM built_from b LEFT JOIN ("
        + members
        + ") m ON true GROUP BY 1, 2, 3, 4"
    )
    values = {**dict(cohort), "disposals": list(cohort.disposals)}
    return ask(connection, SCHEMA, Group, question, values)
