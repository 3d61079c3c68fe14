"""Sanctions, for figures: which were imposed, and how each came out."""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.sanction.events import SanctionDischarged, SanctionImposed, SanctionRevoked
from scp_events.follower import On

TABLES: LiteralString = """
    CREATE TABLE sanctions (
        sanction_id    uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        kind           text NOT NULL,
        imposed_on     date NOT NULL
    );
    CREATE INDEX sanctions_of_a_case ON sanctions (case_id);

    CREATE TABLE sanction_ends (
        sanction_id    uuid,
        nth            bigint,
        case_id        uuid NOT NULL,
        outcome        text NOT NULL, -- successfully, unsuccessfully or revoked
        ended_on       date NOT NULL,
        PRIMARY KEY (sanction_id, nth)
    );
    CREATE INDEX sanction_ends_of_a_case ON sanction_ends (case_id);
"""


def _ended(outcome: LiteralString) -> LiteralString:
    return (
        "INSERT INTO sanction_ends (sanction_id, nth, case_id, outcome, ended_on)"  # noqa: S608 - literals
        " SELECT %(stream_id)s, count(*), %(case_id)s, "
        + outcome
        + ", %(occurred_on)s FROM sanction_ends WHERE sanction_id = %(stream_id)s"
    )


ON: On = {
    SanctionImposed: """
        INSERT INTO sanctions (sanction_id, case_id, kind, imposed_on)
        VALUES (%(stream_id)s, %(case_id)s, %(kind)s, %(occurred_on)s)
        ON CONFLICT (sanction_id) DO UPDATE SET kind = excluded.kind, imposed_on = excluded.imposed_on""",
    SanctionDischarged: _ended("%(outcome)s"),
    SanctionRevoked: _ended("'revoked'"),
}

IMPOSED: LiteralString = """
    SELECT DISTINCT ON (case_id) case_id, imposed_on AS index_on FROM sanctions
    WHERE imposed_on BETWEEN %(since)s AND %(until)s AND imposed_on <= %(on)s
    ORDER BY case_id, imposed_on, sanction_id"""
"""The first sanction that was imposed on each young person in the period."""

DISCHARGED: LiteralString = """
    SELECT s.sanction_id AS id, (e.outcome = 'successfully')::integer AS value,
           CASE WHEN s.imposed_on + %(waiting_days)s > %(on)s THEN 'not-yet-mature'
                WHEN e.outcome IS NULL THEN 'not-over'
                WHEN e.outcome = 'revoked' THEN 'revoked' END AS excluded
    FROM sanctions s
    LEFT JOIN LATERAL (
        SELECT outcome FROM sanction_ends e
        WHERE e.sanction_id = s.sanction_id AND e.ended_on <= %(on)s ORDER BY e.nth DESC LIMIT 1
    ) e ON true
    WHERE s.imposed_on BETWEEN %(since)s AND %(until)s AND s.imposed_on <= %(on)s"""
"""The sanctions that were imposed: 1 for one that was discharged successfully."""
