"""Proven reoffending, for figures: what was proven, and when somebody could not be observed.

Allegations and charges are not even taken in. What was quashed counts no more from the day it was noted.
"""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.observation.events import CustodyEnded, CustodyStarted, ResidenceChanged
from scp_events.aggregates.offence.events import ConvictionQuashed, OffenceProven
from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.follower import On

TABLES: LiteralString = """
    CREATE TABLE findings (
        offence_id     uuid,
        nth            bigint,
        case_id        uuid NOT NULL,
        noted_on       date NOT NULL,
        stands         boolean NOT NULL, -- false once it was quashed: then there is nothing else to say
        committed_on   date,
        proven_on      date,
        disposal       text,
        recordable     boolean,
        PRIMARY KEY (offence_id, nth)
    );
    CREATE INDEX findings_of_a_case ON findings (case_id);

    -- A reason not to be observed begins, or ends.
    CREATE TABLE turns (
        case_id        uuid,
        nth            bigint,
        why            text NOT NULL,
        begins         boolean NOT NULL,
        turned_on      date NOT NULL,
        PRIMARY KEY (case_id, nth)
    );
"""


def _turned(why: LiteralString, begins: LiteralString) -> LiteralString:
    return (
        "INSERT INTO turns (case_id, nth, why, begins, turned_on)"  # noqa: S608 - literals
        " SELECT %(case_id)s, count(*), "
        + why
        + ", "
        + begins
        + ", %(occurred_on)s FROM turns WHERE case_id = %(case_id)s"
    )


ON: On = {
    OffenceProven: """
        INSERT INTO findings
            (offence_id, nth, case_id, noted_on, stands, committed_on, proven_on, disposal, recordable)
        SELECT %(stream_id)s, count(*), %(case_id)s, %(occurred_on)s, true,
               %(committed_on)s, %(proven_on)s, %(disposal)s, %(recordable)s
        FROM findings WHERE offence_id = %(stream_id)s""",
    ConvictionQuashed: """
        INSERT INTO findings (offence_id, nth, case_id, noted_on, stands)
        SELECT %(stream_id)s, count(*), %(case_id)s, %(occurred_on)s, false
        FROM findings WHERE offence_id = %(stream_id)s""",
    CustodyStarted: _turned("'in-custody'", "true"),
    CustodyEnded: _turned("'in-custody'", "false"),
    ResidenceChanged: _turned("'moved-away'", "%(moved)s = 'out-of-area-observed'"),
    ParticipantDied: _turned("'died'", "true"),
}

_SINCE: LiteralString = """
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT DISTINCT ON (offence_id) * FROM findings f
            WHERE f.case_id = i.case_id AND f.noted_on <= %(on)s ORDER BY offence_id, nth DESC
        ) o
        WHERE o.stands AND o.recordable AND o.disposal = ANY(%(disposals)s)
          AND o.committed_on > i.index_on AND o.committed_on <= i.index_on + %(follow_up_days)s
          AND o.proven_on <= i.index_on + %(follow_up_days)s + %(waiting_days)s
    ) reoffences
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(u.why), '{}') AS whys FROM (
            SELECT t.why FROM turns t
            WHERE t.case_id = i.case_id AND t.begins
              AND t.turned_on > i.index_on AND t.turned_on <= i.index_on + %(follow_up_days)s
            UNION
            SELECT before.why FROM (
                SELECT DISTINCT ON (why) why, begins FROM turns t
                WHERE t.case_id = i.case_id AND t.turned_on <= i.index_on ORDER BY why, nth DESC
            ) before WHERE before.begins
        ) u
    ) unobserved"""
"""What followed the index day: reoffences that count, and why somebody was not observed on some day."""

_EXCLUDED: LiteralString = """
    CASE WHEN i.index_on + %(follow_up_days)s + %(waiting_days)s > %(on)s THEN 'not-yet-mature'
         WHEN reoffences.count > 0 THEN NULL
         WHEN 'died' = ANY(unobserved.whys) THEN 'died'
         WHEN 'moved-away' = ANY(unobserved.whys) THEN 'moved-away'
         WHEN 'in-custody' = ANY(unobserved.whys) THEN 'in-custody' END AS excluded"""
"""Nobody counts as somebody who did not reoffend who was not observed on every day."""


def since(index: LiteralString) -> LiteralString:
    """Return the members of a cohort, and how many reoffences each has; `index` says from which day on."""
    return (
        "SELECT i.*, i.case_id AS id, reoffences.count AS value,"  # noqa: S608 - literals
        + _EXCLUDED
        + " FROM ("
        + index
        + ") i"
        + _SINCE
    )
