"""Matches, for figures: how each ended, and how well the two were found to fit when it was proposed."""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.match.events import CandidatesRanked, MatchClosed, MatchProposed
from scp_events.follower import On, PersonalColumn

PERSONAL = {
    "candidates": PersonalColumn(
        "rankings",
        "candidates",
        "narrative",
        purged="""(
            SELECT coalesce(jsonb_agg(c || '{"score": "erased", "factors": "erased"}' ORDER BY nth), '[]')
            FROM jsonb_array_elements(candidates) WITH ORDINALITY AS said (c, nth))""",
        holding="jsonb_typeof(candidates) = 'array'",
    )
}

TABLES: LiteralString = """
    CREATE TABLE rankings (
        ranking_id     uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        candidates     jsonb NOT NULL -- personal: who fits how well, factor by factor
    );
    CREATE INDEX rankings_of_a_case ON rankings (case_id);

    CREATE TABLE matches (
        match_id       uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        mentor         text,
        ranking_id     uuid,
        ended_as       text,
        ended_on       date
    );
    CREATE INDEX matches_of_a_case ON matches (case_id);
"""

ON: On = {
    CandidatesRanked: """
        INSERT INTO rankings (ranking_id, case_id, candidates)
        VALUES (%(event_id)s, %(case_id)s, %(candidates)s)""",
    MatchProposed: """
        INSERT INTO matches (match_id, case_id, mentor, ranking_id)
        VALUES (%(stream_id)s, %(case_id)s, %(mentor)s, %(ranking)s)
        ON CONFLICT (match_id) DO UPDATE SET mentor = excluded.mentor, ranking_id = excluded.ranking_id""",
    MatchClosed: """
        INSERT INTO matches (match_id, case_id, ended_as, ended_on)
        VALUES (%(stream_id)s, %(case_id)s, %(reason)s, %(occurred_on)s)
        ON CONFLICT (match_id) DO UPDATE SET ended_as = excluded.ended_as, ended_on = excluded.ended_on""",
}

_ENDED: LiteralString = """
    FROM matches m
    WHERE m.mentor IS NOT NULL
      AND m.ended_on BETWEEN %(since)s AND %(until)s AND m.ended_on <= %(on)s"""

_OUTCOME: LiteralString = (
    "m.match_id AS id, (m.ended_as = 'completed')::integer AS value, NULL::text AS excluded"
)

ENDED: LiteralString = "SELECT " + _OUTCOME + _ENDED
"""The matches that are over: 1 for one that was completed."""

ENDED_BY_FACTOR: LiteralString = (
    "SELECT ended.*, said.by_factor FROM (SELECT m.mentor, m.ranking_id, "  # noqa: S608 - literals
    + _OUTCOME
    + _ENDED
    + """) ended
    JOIN rankings r USING (ranking_id)
    CROSS JOIN LATERAL (
        SELECT 'fitted in ' || (f ->> 'factor')
               || CASE WHEN (f ->> 'score')::integer > 500 THEN ' more than halfway'
                       ELSE ' halfway or less' END AS by_factor
        FROM jsonb_array_elements(
                 CASE WHEN jsonb_typeof(r.candidates) = 'array' THEN r.candidates ELSE '[]' END) c,
             jsonb_array_elements(
                 CASE WHEN jsonb_typeof(c -> 'factors') = 'array' THEN c -> 'factors' ELSE '[]' END) f
        WHERE c ->> 'mentor' = ended.mentor
    ) said"""
)
"""The same, once for each factor by which the mentor was ranked."""
