"""Satisfaction with the programme, for figures: each answer on the scale it was given on."""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.feedback.events import SatisfactionRecorded
from scp_events.follower import On, PersonalColumn

PERSONAL = {"score": PersonalColumn("answers", "score", "narrative")}

TABLES: LiteralString = """
    CREATE TABLE answers (
        event_id       uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        said_by        text NOT NULL,
        lowest         numeric NOT NULL,
        highest        numeric NOT NULL,
        score          text NOT NULL, -- personal
        answered_on    date NOT NULL
    );
    CREATE INDEX answers_of_a_case ON answers (case_id);
"""

ON: On = {
    SatisfactionRecorded: """
        INSERT INTO answers (event_id, case_id, said_by, lowest, highest, score, answered_on)
        VALUES (%(event_id)s, %(case_id)s, %(said_by)s, %(lowest)s, %(highest)s, %(score)s::text,
                %(occurred_on)s)""",
}

SATISFIED: LiteralString = """
    SELECT event_id AS id, 'said by ' || said_by AS by_respondent,
           (CASE WHEN score <> 'erased' THEN score::numeric * 2 > lowest + highest END)::integer AS value,
           CASE WHEN score = 'erased' THEN 'erased' END AS excluded
    FROM answers
    WHERE answered_on BETWEEN %(since)s AND %(until)s AND answered_on <= %(on)s"""
"""Every answer: 1 for one beyond the middle of its scale."""
