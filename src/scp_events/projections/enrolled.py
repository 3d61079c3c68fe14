"""Enrolments, for figures: how each came out, and how much of the programme was attended.

Facts of an enrolment are counted as they come in order of time (`nth`): the last one by a day is what stood.
"""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.enrolment.events import (
    AttendanceRecorded,
    CatchUpCredited,
    CompletionOverridden,
    EnrolmentEnded,
    ParticipantEnrolled,
    ProgrammeCompleted,
    VariantChanged,
)
from scp_events.follower import On

TABLES: LiteralString = """
    CREATE TABLE enrolments (
        enrolment_id     uuid PRIMARY KEY,
        case_id          uuid NOT NULL,
        programme        text NOT NULL,
        template_version text NOT NULL,
        enrolled_on      date NOT NULL
    );
    CREATE INDEX enrolments_of_a_case ON enrolments (case_id);

    CREATE TABLE requirements (
        enrolment_id     uuid,
        nth              bigint,
        case_id          uuid NOT NULL,
        minutes          integer NOT NULL,
        since            date NOT NULL,
        PRIMARY KEY (enrolment_id, nth)
    );
    CREATE INDEX requirements_of_a_case ON requirements (case_id);

    CREATE TABLE credits (
        event_id         uuid PRIMARY KEY,
        case_id          uuid NOT NULL,
        enrolment_id     uuid NOT NULL,
        minutes          integer NOT NULL,
        credited_on      date NOT NULL
    );
    CREATE INDEX credits_of_a_case ON credits (case_id);
    CREATE INDEX credits_of_an_enrolment ON credits (enrolment_id);

    CREATE TABLE conclusions (
        enrolment_id     uuid,
        nth              bigint,
        case_id          uuid NOT NULL,
        outcome          text NOT NULL, -- completed, ended, or not-completed: then the enrolment goes on
        concluded_on     date NOT NULL,
        PRIMARY KEY (enrolment_id, nth)
    );
    CREATE INDEX conclusions_of_a_case ON conclusions (case_id);
"""

_REQUIRED: LiteralString = """
    INSERT INTO requirements (enrolment_id, nth, case_id, minutes, since)
    SELECT %(stream_id)s, count(*), %(case_id)s, %(required_minutes)s, %(occurred_on)s
    FROM requirements WHERE enrolment_id = %(stream_id)s"""


def _concluded(outcome: LiteralString) -> LiteralString:
    return (
        "INSERT INTO conclusions (enrolment_id, nth, case_id, outcome, concluded_on)"  # noqa: S608 - literals
        " SELECT %(stream_id)s, count(*), %(case_id)s, "
        + outcome
        + ", %(occurred_on)s FROM conclusions WHERE enrolment_id = %(stream_id)s"
    )


def _credited(minutes: LiteralString) -> LiteralString:
    return (
        "INSERT INTO credits (event_id, case_id, enrolment_id, minutes, credited_on)"  # noqa: S608 - literals
        " VALUES (%(event_id)s, %(case_id)s, %(stream_id)s, " + minutes + ", %(occurred_on)s)"
    )


ON: On = {
    ParticipantEnrolled: """
        WITH enrolled AS (
            INSERT INTO enrolments (enrolment_id, case_id, programme, template_version, enrolled_on)
            VALUES (%(stream_id)s, %(case_id)s, %(programme)s, %(template_version)s, %(occurred_on)s)
            ON CONFLICT (enrolment_id) DO UPDATE SET programme = excluded.programme,
                template_version = excluded.template_version, enrolled_on = excluded.enrolled_on
        )"""  # noqa: S608 - literals
    + _REQUIRED,
    VariantChanged: _REQUIRED,
    AttendanceRecorded: _credited("%(credited_minutes)s"),
    CatchUpCredited: _credited("%(minutes)s"),
    ProgrammeCompleted: _concluded("'completed'"),
    CompletionOverridden: _concluded("%(outcome)s"),
    EnrolmentEnded: _concluded("'ended'"),
}

_AS_OF: LiteralString = """
    SELECT e.enrolment_id, e.case_id, e.enrolled_on, last.outcome, last.concluded_on,
           'programme ' || e.programme || ' ' || e.template_version AS by_programme,
           CASE WHEN dose.minutes = 0 THEN 'attended nothing'
                WHEN dose.minutes * 2 < required.minutes THEN 'attended less than half'
                WHEN dose.minutes < required.minutes THEN 'attended half or more'
                ELSE 'attended all that is required' END AS by_dose
    FROM enrolments e
    LEFT JOIN LATERAL (
        SELECT outcome, concluded_on FROM conclusions c
        WHERE c.enrolment_id = e.enrolment_id AND c.concluded_on <= %(on)s ORDER BY c.nth DESC LIMIT 1
    ) last ON true
    LEFT JOIN LATERAL (
        SELECT minutes FROM requirements q
        WHERE q.enrolment_id = e.enrolment_id AND q.since <= %(on)s ORDER BY q.nth DESC LIMIT 1
    ) required ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(minutes), 0) AS minutes FROM credits c
        WHERE c.enrolment_id = e.enrolment_id AND c.credited_on <= %(on)s
    ) dose
    WHERE e.enrolled_on <= %(on)s"""
"""Each enrolment as of the end of a day."""

COMPLETED: LiteralString = (
    """
    SELECT e.enrolment_id AS id, e.by_programme, e.by_dose,
           (e.outcome IS NOT DISTINCT FROM 'completed')::integer AS value,
           CASE WHEN e.enrolled_on + %(waiting_days)s > %(on)s THEN 'not-yet-mature' END AS excluded
    FROM ("""  # noqa: S608 - literals
    + _AS_OF
    + ") e WHERE e.enrolled_on BETWEEN %(since)s AND %(until)s"
)
"""Whoever was enrolled: 1 for an enrolment that was completed. Nobody who gave up is left out."""


def _first_with(outcomes: LiteralString) -> LiteralString:
    return (
        """
    SELECT DISTINCT ON (e.case_id) e.case_id, e.concluded_on AS index_on, e.by_programme, e.by_dose
    FROM ("""  # noqa: S608 - literals
        + _AS_OF
        + ") e WHERE e.outcome IN ("
        + outcomes
        + """) AND e.concluded_on BETWEEN %(since)s AND %(until)s
    ORDER BY e.case_id, e.concluded_on, e.enrolment_id"""
    )


CONCLUDED: LiteralString = _first_with("'completed', 'ended'")
"""The first enrolment of each young person that was completed or ended in the period."""

COMPLETERS: LiteralString = _first_with("'completed'")
"""The same of those that were completed."""
